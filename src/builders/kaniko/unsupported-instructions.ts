import type { Dockerfile, Instruction, Stage } from '../../dockerfile/dockerfile.js';
import { copyWords, readMount } from '../../dockerfile/instructions.js';
import { openGlobalScope, UNKNOWN_PLATFORM } from '../../dockerfile/scope.js';
import { substitute, UNKNOWN } from '../../dockerfile/substitute.js';
import type { Target } from './targets.js';

export interface Unsupported {
  severity: 'error' | 'warning';
  /** Follows "Kaniko"; without full stop. */
  what: string;
  /** Without full stop. */
  fix: string;
  line?: number;
}

interface Surroundings {
  lines: readonly string[];
  /** Names of its stages. */
  stages: readonly string[];
}

type Rule = (instruction: Instruction, around: Surroundings) => Unsupported[];

const COPIES = ['COPY', 'ADD'];
const COMMANDS = ['RUN'];

/**
 * Flags that the executor parses and ignores, so that it would build another image. `--link` is not among them: it
 * only changes how layers are stored.
 */
const FLAGS: Readonly<Record<string, { on: string[]; harmless?: string; what: string; fix: string }>> = {
  exclude: { on: COPIES, what: 'copies what the flag excludes', fix: 'Exclude it by a .dockerignore' },
  parents: { on: COPIES, what: 'copies without the parent folders', fix: 'Copy folder by folder' },
  checksum: { on: ['ADD'], what: 'does not verify the checksum', fix: 'Fetch and compare in a RUN step' },
  'keep-git-dir': { on: ['ADD'], what: 'does not fetch git repositories', fix: 'Fetch it in a RUN step' },
  unpack: { on: ['ADD'], what: 'ignores the flag', fix: 'Unpack in a RUN step' },
  network: {
    on: COMMANDS,
    harmless: 'default',
    what: "runs every step in the pod's network",
    fix: 'Leave the flag out',
  },
  security: {
    on: COMMANDS,
    harmless: 'sandbox',
    what: 'gives no step more rights than the pod has',
    fix: 'Leave the flag out',
  },
  device: { on: COMMANDS, what: 'gives no step a device', fix: 'Leave the flag out' },
};

/** Each reads one instruction of a stage that goes into the image. */
export const INSTRUCTION_RULES: readonly Rule[] = [ignoredFlags, gitSource, mounts, interpreter, wholeStage];

function ignoredFlags({ keyword, flags, line }: Instruction): Unsupported[] {
  return flags.flatMap(({ name, value }) => {
    const rule = Object.hasOwn(FLAGS, name) ? FLAGS[name]! : undefined;
    const off = value === rule?.harmless || (value === 'false' && name !== 'exclude');
    if (!rule?.on.includes(keyword) || off) return [];
    const written = `\`${keyword} --${name}${value === '' ? '' : `=${value}`}\``;
    return [refusal(`${rule.what} (${written})`, rule.fix, line)];
  });
}

function gitSource({ keyword, rest, line }: Instruction): Unsupported[] {
  if (keyword !== 'ADD') return [];
  return copyWords(rest)
    .slice(0, -1)
    .filter((source) => /^git@|^(?:git|ssh):\/\/|^https?:\/\/[^#?]*\.git(?:[#?]|$)/.test(source))
    .map((source) => refusal(`fetches no git repository (\`ADD ${source}\`)`, 'Fetch it in a RUN step', line));
}

function mounts({ keyword, flags, line }: Instruction): Unsupported[] {
  if (keyword !== 'RUN') return [];
  return flags.flatMap(({ name, value }): Unsupported[] => {
    const mount = name === 'mount' ? readMount(value) : undefined;
    if (mount === undefined || 'refused' in mount) return [];
    const type = mount.type.toLowerCase();
    const from = mount.from ?? '';
    const written = `(\`RUN --mount=type=${type}${from === '' ? '' : `,from=${from}`}\`)`;
    if (from !== '' && (type === 'bind' || type === 'cache'))
      return [refusal(`mounts nothing of other stages and images ${written}`, 'Use COPY --from before the step', line)];
    switch (type) {
      case 'secret':
      case 'bind':
        return [];
      case 'cache': {
        const what = `begins each build with an empty cache mount ${written}`;
        return [{ severity: 'warning', what, fix: '', line }];
      }
      case 'ssh':
        return [refusal(`has no agent for SSH keys ${written}`, 'Use a secret (`--mount=type=secret`)', line)];
      default:
        return [
          refusal(
            `has no such mount, and keeps in the image what the step writes there ${written}`,
            'Remove the files in the same step',
            line,
          ),
        ];
    }
  });
}

/** BuildKit runs a here-document by the program of its first line. */
function interpreter({ keyword, heredoc, rest, line, endLine }: Instruction, { lines }: Surroundings) {
  if (keyword !== 'RUN' || !heredoc || !/^<<-?\s*["']?\w+["']?$/.test(rest.trim())) return [];
  const body = lines.slice(line - 1, endLine).findIndex((text) => /<<-?\s*["']?\w+["']?\s*$/.test(text));
  const first = lines[line + body]?.trim() ?? '';
  if (!first.startsWith('#!') || /^#!\s*(?:\/usr)?\/bin\/(?:env )?sh\s*$/.test(first)) return [];
  return [refusal(`runs here-documents by sh, not by their first line (${first})`, 'Call the program', line)];
}

/** The root of a stage contains files of the kernel: "read /proc/1/attr/current: invalid argument". */
function wholeStage({ keyword, flags, rest, line }: Instruction, { stages }: Surroundings): Unsupported[] {
  const from = flags.find(({ name }) => name === 'from')?.value.toLowerCase();
  if (keyword !== 'COPY' || from === undefined) return [];
  if (!/^\d+$/.test(from) && !stages.includes(from)) return [];
  const sources = copyWords(rest).slice(0, -1);
  if (!sources.some((source) => /^[/.]+$/.test(source))) return [];
  return [
    refusal(
      `can't copy a stage as a whole (\`COPY --from=${from} ${sources.join(' ')}\`)`,
      'Copy the folders that you need, or begin the stage with the other (`FROM`)',
      line,
    ),
  ];
}

/** Kaniko pulls a base for the platform of the pod. */
export function otherPlatform(
  { platform, line }: Stage,
  { globalArgs, escape }: Dockerfile,
  { args, platforms }: Target,
): Unsupported[] {
  if (platform === undefined) return [];
  const scope = openGlobalScope(globalArgs, args, UNKNOWN_PLATFORM, escape);
  const fixed = substitute(
    platform,
    (name) => {
      if (/^(BUILD|TARGET)PLATFORM$/.test(name)) return '';
      return 'refused' in scope ? undefined : scope.lookup(name);
    },
    escape,
  );
  if (fixed.status === 'refused' || fixed.value === '' || fixed.value.includes(UNKNOWN)) return [];
  const wanted = normal(fixed.value);
  if (platforms.length > 0 && platforms.every((each) => normal(each) === wanted)) return [];
  return [
    refusal(
      `pulls every base for the platform that is built, and this one is for ${fixed.value}`,
      platforms.length > 0 ? 'Leave --platform out' : `Leave --platform out, or set \`platforms: [${fixed.value}]\``,
      line,
    ),
  ];
}

const normal = (platform: string) => platform.toLowerCase().replace(/^(linux\/arm64)\/v8$/, '$1');

function refusal(what: string, fix: string, line: number): Unsupported {
  return { severity: 'error', what, fix, line };
}
