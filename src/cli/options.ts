import { INPUTS } from '../config/inputs.generated.js';

/** One option of the command line, without its dashes. */
export interface Option {
  /** Placeholder of its value in the help; undefined: a switch. */
  value?: string;
  /** The value if the option is given without one; another one follows `=`. */
  omitted?: string;
  short?: string;
  repeated?: boolean;
  help: string;
}

export interface Command {
  group: keyof typeof GROUPS;
  /** Arguments as the usage line shows them. */
  usage: string;
  help: string;
  options: Record<string, Option>;
  /** Command lines, and what each is for. */
  examples: Record<string, string>;
}

/** Headings of the help, in its order. */
export const GROUPS = {
  start: 'Get started',
  daily: 'Release',
  trouble: 'Inspect and roll back',
  parts: 'Other commands',
} as const;

export const HELP: Option = { short: 'h', help: 'Show help.' };

export const OUTPUT: Record<string, Option> = {
  directory: { short: 'C', value: 'DIR', help: 'Run as if started in DIR.' },
  json: { help: 'Print the result as JSON on stdout, and events as JSON lines on stderr.' },
  quiet: { short: 'q', help: 'Print no progress, only the result.' },
  verbose: { short: 'v', help: 'Print every warning in full.' },
  color: { value: 'auto|always|never', help: 'Whether to use colors; default: auto, at a terminal.' },
};

/** Of the commands that ask before they change something. */
export const YES: Record<string, Option> = {
  yes: { short: 'y', help: 'Do not ask for confirmation.' },
};

/** Of the commands that read the configuration. */
export const PROJECT: Record<string, Option> = {
  config: {
    value: 'FILE',
    help: 'Configuration file. Default: image-release.yml in the repository root or in .github.',
  },
  ...OUTPUT,
};

export const DRY_RUN: Option = { help: ofSwitch(INPUTS['dry-run'].description) };

export const PLANNING: Record<string, Option> = {
  platforms: { value: 'LIST', help: INPUTS.platforms.description },
  builder: { value: 'NAME', help: INPUTS.builder.description },
  'no-cache': { help: ofSwitch(INPUTS['no-cache'].description) },
  rebuild: { help: ofSwitch(INPUTS.rebuild.description) },
  tag: { value: 'TAG', repeated: true, help: 'Publish the images under this tag, too.' },
  push: { value: 'auto|true|false|digest', help: INPUTS.push.description },
};

export const ORDER: Record<string, Option> = {
  'allow-rollback': { help: ofSwitch(INPUTS['allow-rollback'].description) },
};

/** Of the commands that deploy. */
export const WAIT: Record<string, Option> = {
  wait: { value: 'DURATION', omitted: '10m', help: `${INPUTS.wait.description} Without a time: 10m.` },
};

export const LOGIN: Record<string, Option> = {
  'registry-username': {
    value: 'NAME',
    help: `${INPUTS['registry-username'].description} Its password is read from IMAGE_RELEASE_REGISTRY_PASSWORD. Default: what \`docker login\` stored.`,
  },
};

export const CHANNEL: Option = {
  value: 'NAME',
  help: 'Only this channel. Default: every channel of the configuration.',
};

export const NO_REGISTRY_CHECK: Option = {
  help: 'Do not ask the registry whether the images can be pulled.',
};

/** Of the commands that deploy what was deployed before. */
export const REDEPLOYING: Record<string, Option> = {
  'no-registry-check': NO_REGISTRY_CHECK,
  ...LOGIN,
  'dry-run': { help: 'Show what would change; commit nothing.' },
  ...WAIT,
  ...YES,
  ...PROJECT,
};

export const CLEANUP_DEFAULTS = { keep: '10', olderThan: '30d' };

/** Of the commands that write files into the repository. */
export const WRITING: Record<string, Option> = {
  force: { help: 'Overwrite existing files.' },
  'dry-run': { help: 'List the files that would be written; write nothing.' },
};

/** An input takes true or false where the command line has a switch. */
function ofSwitch(description: string): string {
  return description.replace(' (true or false)', '');
}

/** Options that work without a command. */
export const TOP_LEVEL: Record<string, Option> = {
  ...PROJECT,
  help: HELP,
  version: { short: 'V', help: 'Print the version.' },
};
