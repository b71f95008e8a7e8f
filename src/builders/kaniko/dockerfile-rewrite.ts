import type { Dockerfile, Instruction, Stage } from '../../dockerfile/dockerfile.js';
import type { Lookup } from '../../dockerfile/substitute.js';
import type { DockerfileReader } from './ports.js';

export interface RewriteOrder {
  text: string;
  dockerfile: Dockerfile;
  args: Record<string, string>;
  /** Empty: that of the node, which is not known here. */
  platform: string;
  /** Named contexts with the references of the images that they are; others are refused before. */
  contexts: Record<string, string>;
  reader: DockerfileReader;
}

export type Rewritten =
  /** `reads`: references of the images that its stages stand on or copy from. */
  { status: 'written'; text: string; reads: string[] } | { status: 'refused'; reason: string; line: number };

/** Of a platform that is not known. */
const NODE = 'unknown-platform';
/** What `substitute` puts in place of a value that nobody can tell. */
const UNKNOWN = /\uD800/;

/**
 * Writes into FROM and COPY --from what Kaniko can't find out: the images that named contexts stand for, and values of
 * the arguments that BuildKit predefines. All lines stay where they are.
 */
export function rewriteDockerfile(order: RewriteOrder): Rewritten {
  const { dockerfile, reader } = order;
  const lookup = openScope(order);
  if (typeof lookup !== 'function') return lookup;
  const lines = order.text.split('\n');
  const reads = new Set<string>();
  for (const stage of dockerfile.stages) {
    const base = reader.substitute(stage.base, lookup, dockerfile.escape);
    if (base.status === 'refused')
      return { status: 'refused', reason: `FROM: ${base.reason}`, line: stage.line };
    if (UNKNOWN.test(base.value)) return unknownBase(stage);
    const target = resolve(order, stage, base.value, 'FROM');
    if (target.type === 'image') reads.add(target.name);
    const last = lineAfter(dockerfile, stage) - 1;
    const word = { line: stage.line, endLine: last, before: '', old: stage.base, fresh: target.name };
    if (!replaceWord(lines, word)) return unwritable('FROM', stage.line);

    for (const instruction of stage.instructions) {
      const from = instruction.flags.find(({ name }) => name === 'from');
      if (instruction.keyword !== 'COPY' || from === undefined || from.value === '') continue;
      const source = resolve(order, stage, from.value, 'COPY');
      if (source.type === 'image') reads.add(source.name);
      const { line, endLine } = instruction;
      const flag = { line, endLine, before: '--from=', old: from.value, fresh: source.name };
      if (!replaceWord(lines, flag)) return unwritable('COPY --from', line);
    }
  }
  return { status: 'written', text: lines.join('\n'), reads: [...reads] };
}

/** As FROM sees arguments. A pod builds for its own kind: where BuildKit cross-compiles, both platforms are the same. */
function openScope({ dockerfile, args, platform, reader }: RewriteOrder): Lookup | Rewritten {
  const scope = reader.scope(dockerfile.globalArgs, args, platform || NODE, dockerfile.escape);
  if ('refused' in scope) return { status: 'refused', reason: `ARG: ${scope.refused}`, line: scope.line };
  return (name) => {
    const declared = scope.lookup(name);
    const own = /^BUILD(PLATFORM|OS|ARCH|VARIANT)$/.exec(name);
    return own && declared !== undefined && UNKNOWN.test(declared)
      ? scope.lookup(`TARGET${own[1]}`)
      : declared;
  };
}

/** What a name means where it is read: a stage before, a named context, or an image. */
function resolve(
  { dockerfile, contexts, reader }: RewriteOrder,
  stage: Stage,
  name: string,
  keyword: 'FROM' | 'COPY',
): { type: 'stage' | 'image'; name: string } {
  const isIndex = keyword === 'COPY' && /^\d+$/.test(name);
  const earlier = dockerfile.stages.slice(0, stage.index);
  const found = isIndex
    ? earlier[Number(name)]
    : earlier.filter((other) => other.name === (keyword === 'COPY' ? name.toLowerCase() : name)).at(-1);
  const context = reader.findContext(contexts, found ? (found.name ?? '') : name);
  if (context !== undefined) return { type: 'image', name: contexts[context]! };
  return { type: found || isIndex || name === 'scratch' ? 'stage' : 'image', name };
}

interface Word {
  line: number;
  endLine: number;
  before: string;
  old: string;
  fresh: string;
}

/** Replaces a word of an instruction, which may go over several lines; `false`: it is not there as a whole. */
function replaceWord(lines: string[], { line, endLine, before, old, fresh }: Word): boolean {
  if (old === fresh) return true;
  const escaped = (before + old).replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const pattern = new RegExp(String.raw`(^|\s)${escaped}(?=\s|$)`);
  for (let at = line - 1; at < endLine && at < lines.length; at++) {
    const text = lines[at]!;
    if (!pattern.test(text)) continue;
    lines[at] = text.replace(pattern, (_, space: string) => space + before + fresh);
    return true;
  }
  return false;
}

/** Of the first instruction after FROM, wherever that is. */
function lineAfter({ stages }: Dockerfile, stage: Stage): number {
  const next: Pick<Instruction, 'line'> | undefined = stage.instructions[0] ?? stages[stage.index + 1];
  return next?.line ?? Infinity;
}

function unknownBase(stage: Stage): Rewritten {
  return {
    status: 'refused',
    reason: `the base ${stage.base} depends on the platform, and none is configured`,
    line: stage.line,
  };
}

function unwritable(what: string, line: number): Rewritten {
  return {
    status: 'refused',
    reason: `the name after ${what} has to be replaced, and is broken over lines`,
    line,
  };
}
