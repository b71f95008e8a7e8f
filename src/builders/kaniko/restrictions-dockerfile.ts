import type { Dockerfile, Instruction, Stage } from '../../dockerfile/dockerfile.js';
import type { DockerfileReader } from './ports.js';
import type { KanikoCandidate } from './restrictions.js';

/** What stands against an instruction. */
export interface Objection {
  severity: 'error' | 'warning';
  /** After "Kaniko", without full stop. */
  what: string;
  /** Without full stop. */
  fix: string;
  line?: number;
}

interface Surroundings {
  /** Of the Dockerfile. */
  lines: readonly string[];
  /** Names of its stages. */
  stages: readonly string[];
  reader: DockerfileReader;
}

type InstructionRule = (instruction: Instruction, around: Surroundings) => Objection[] | undefined;

const COPIES = ['COPY', 'ADD'];

/**
 * Flags that the executor's parser takes and nothing looks at: an image comes of it, and a wrong one. `--link` is not
 * among them: it says how layers are kept, not what is in them.
 */
const IGNORED_FLAGS: Readonly<Record<string, { on: string[]; what: string; fix: string }>> = {
  exclude: { on: COPIES, what: 'copies what it is to leave out', fix: 'Leave it out with a .dockerignore' },
  parents: {
    on: COPIES,
    what: 'copies without the folders that lead to the files',
    fix: 'Copy folder by folder',
  },
  checksum: {
    on: ['ADD'],
    what: 'does not compare what it fetches with the checksum',
    fix: 'Fetch and compare in a RUN step',
  },
  'keep-git-dir': {
    on: ['ADD'],
    what: 'does not fetch git repositories',
    fix: 'Fetch it in a RUN step',
  },
  unpack: { on: ['ADD'], what: 'does not look at the flag', fix: 'Unpack in a RUN step' },
};

const SETTING_FLAGS: Readonly<Record<string, { harmless: string[]; what: string }>> = {
  network: { harmless: ['default'], what: "runs every step in the pod's network" },
  security: { harmless: ['sandbox'], what: 'gives no step more rights than the pod has' },
  device: { harmless: [], what: 'gives no step a device' },
};

/** Each looks at one instruction of a stage that goes into the image. */
export const INSTRUCTION_RULES: readonly InstructionRule[] = [
  ignoredFlags,
  settingFlags,
  gitSource,
  mounts,
  script,
  wholeStage,
];

function ignoredFlags({ keyword, flags, line }: Instruction): Objection[] {
  return flags.flatMap(({ name, value }) => {
    const ignored = Object.hasOwn(IGNORED_FLAGS, name) ? IGNORED_FLAGS[name]! : undefined;
    if (!ignored?.on.includes(keyword) || (value === 'false' && name !== 'exclude')) return [];
    return [refusal(`${ignored.what} (\`${keyword} --${name}\`)`, ignored.fix, line)];
  });
}

function settingFlags({ keyword, flags, line }: Instruction): Objection[] | undefined {
  if (keyword !== 'RUN') return undefined;
  return flags.flatMap(({ name, value }) => {
    const setting = Object.hasOwn(SETTING_FLAGS, name) ? SETTING_FLAGS[name]! : undefined;
    if (setting === undefined || setting.harmless.includes(value)) return [];
    return [refusal(`${setting.what} (\`RUN --${name}=${value}\`)`, 'Leave the flag out', line)];
  });
}

function gitSource({ keyword, rest, line }: Instruction, { reader }: Surroundings): Objection[] | undefined {
  if (keyword !== 'ADD') return undefined;
  return reader
    .copyWords(rest)
    .slice(0, -1)
    .filter((source) => /^git@|^(?:git|ssh):\/\/|^https?:\/\/[^#?]*\.git(?:[#?]|$)/.test(source))
    .map((source) =>
      refusal(`fetches no git repository (\`ADD ${source}\`)`, 'Fetch it in a RUN step', line),
    );
}

function mounts({ keyword, flags, line }: Instruction, { reader }: Surroundings): Objection[] | undefined {
  if (keyword !== 'RUN') return undefined;
  return flags.flatMap(({ name, value }): Objection[] => {
    if (name !== 'mount') return [];
    const mount = reader.mount(value);
    if ('refused' in mount) return [];
    const type = mount.type.toLowerCase();
    const from = mount.from ?? '';
    const shown = `(\`RUN --mount=type=${type}${from === '' ? '' : `,from=${from}`}\`)`;
    if (from !== '' && (type === 'bind' || type === 'cache'))
      return [
        refusal(
          `mounts nothing of other stages and images ${shown}`,
          'Use COPY --from before the step',
          line,
        ),
      ];
    if (type === 'cache')
      return [
        { severity: 'warning', what: `begins with an empty cache in every build ${shown}`, fix: '', line },
      ];
    if (type === 'secret' || type === 'bind') return [];
    if (type === 'ssh')
      return [refusal(`has no agent for SSH keys ${shown}`, 'Use a secret (`--mount=type=secret`)', line)];
    return [
      refusal(
        `knows no such mount, and what the step writes there stays in the image ${shown}`,
        'Remove the files in the same step',
        line,
      ),
    ];
  });
}

/** BuildKit runs a here-document by the program that its first line names. */
function script(
  { keyword, heredoc, rest, line, endLine }: Instruction,
  { lines }: Surroundings,
): Objection[] | undefined {
  if (keyword !== 'RUN' || !heredoc || !/^<<-?\s*["']?\w+["']?$/.test(rest.trim())) return undefined;
  const body = lines.slice(line - 1, endLine).findIndex((text) => /<<-?\s*["']?\w+["']?\s*$/.test(text));
  const first = lines[line + body]?.trim() ?? '';
  if (!first.startsWith('#!') || /^#!\s*(?:\/usr)?\/bin\/(?:env )?sh\s*$/.test(first)) return undefined;
  return [
    refusal(`runs here-documents by sh, whatever their first line says (${first})`, 'Call the program', line),
  ];
}

/** Copying the root of a stage, it comes upon the files of the kernel: "read /proc/1/attr/current: invalid argument". */
function wholeStage(
  { keyword, flags, rest, line }: Instruction,
  { stages, reader }: Surroundings,
): Objection[] | undefined {
  const from = flags.find(({ name }) => name === 'from')?.value.toLowerCase();
  if (keyword !== 'COPY' || from === undefined) return undefined;
  if (!/^\d+$/.test(from) && !stages.includes(from)) return undefined;
  const sources = reader.copyWords(rest).slice(0, -1);
  if (!sources.some((source) => /^[/.]+$/.test(source))) return undefined;
  return [
    refusal(
      `can't copy a stage as a whole (\`COPY --from=${from} ${sources.join(' ')}\`)`,
      'Copy the folders that are needed, or begin the stage with the other (`FROM`)',
      line,
    ),
  ];
}

/** The base is always pulled for the platform of the pod. */
export function platformRule(
  stage: Stage,
  { dockerfile, image, reader }: { dockerfile: Dockerfile; image: KanikoCandidate; reader: DockerfileReader },
): Objection[] {
  if (stage.platform === undefined) return [];
  const fixed = reader.substitute(
    stage.platform,
    (name) => {
      if (/^(BUILD|TARGET)PLATFORM$/.test(name)) return '';
      const given = Object.hasOwn(image.args, name) ? image.args[name] : undefined;
      const scope = reader.scope(dockerfile.globalArgs, image.args, 'unknown-platform', dockerfile.escape);
      return given ?? ('refused' in scope ? undefined : scope.lookup(name));
    },
    dockerfile.escape,
  );
  if (fixed.status === 'refused' || fixed.value === '' || fixed.value.includes('\uD800')) return [];
  const wanted = normal(fixed.value);
  if (image.platforms.length > 0 && image.platforms.every((platform) => normal(platform) === wanted))
    return [];
  return [
    refusal(
      `takes every base for the platform that is built, and this one is for ${fixed.value}`,
      image.platforms.length > 0
        ? 'Leave --platform out'
        : `Leave --platform out, or set \`platforms: [${fixed.value}]\``,
      stage.line,
    ),
  ];
}

const normal = (platform: string) => platform.toLowerCase().replace(/^(linux\/arm64)\/v8$/, '$1');

function refusal(what: string, fix: string, line: number): Objection {
  return { severity: 'error', what, fix, line };
}
