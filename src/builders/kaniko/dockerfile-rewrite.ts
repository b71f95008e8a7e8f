import { findContext, type Dockerfile, type Stage, type UnreadableDockerfile } from '../../dockerfile/dockerfile.js';
import { openGlobalScope, UNKNOWN_PLATFORM } from '../../dockerfile/scope.js';
import { substitute, UNKNOWN, type Lookup } from '../../dockerfile/substitute.js';

export interface RewriteRequest {
  text: string;
  dockerfile: Dockerfile;
  args: Record<string, string>;
  /** Empty: that of the node, which is unknown here. */
  platform: string;
  /** Named contexts with the references of their images. */
  contexts: Record<string, string>;
}

const refused = (unreadable: string, line: number): UnreadableDockerfile => ({ unreadable, line });

/**
 * Writes into FROM and COPY --from what Kaniko doesn't know: the images of named contexts, and the values of arguments
 * that BuildKit predefines. All lines keep their numbers.
 * @returns `reads`: references of the images that its stages begin with or copy from
 */
export function rewriteDockerfile(request: RewriteRequest): { text: string; reads: string[] } | UnreadableDockerfile {
  const { dockerfile } = request;
  const lookup = globalLookup(request);
  if (typeof lookup !== 'function') return lookup;
  const lines = request.text.split('\n');
  const reads = new Set<string>();
  for (const stage of dockerfile.stages) {
    const base = substitute(stage.base, lookup, dockerfile.escape);
    if (base.status === 'refused') return refused(`FROM: ${base.reason}`, stage.line);
    if (base.value.includes(UNKNOWN))
      return refused(`the base ${stage.base} depends on the platform, and none is configured`, stage.line);
    const target = resolve(request, stage, base.value, 'FROM');
    if (target.type === 'image') reads.add(target.name);
    const next = stage.instructions[0]?.line ?? dockerfile.stages[stage.index + 1]?.line ?? Infinity;
    const range = { line: stage.line, endLine: next - 1 };
    if (!replaceWord(lines, range, stage.base, target.name)) return unwritable('FROM', stage.line);

    for (const { keyword, flags, line, endLine } of stage.instructions) {
      const from = flags.find(({ name }) => name === 'from')?.value ?? '';
      if (keyword !== 'COPY' || from === '') continue;
      const source = resolve(request, stage, from, 'COPY');
      if (source.type === 'image') reads.add(source.name);
      if (!replaceWord(lines, { line, endLine }, `--from=${from}`, `--from=${source.name}`))
        return unwritable('COPY --from', line);
    }
  }
  return { text: lines.join('\n'), reads: [...reads] };
}

/** A pod builds for its own platform: BuildKit's build platform and target platform are the same. */
function globalLookup({ dockerfile, args, platform }: RewriteRequest): Lookup | UnreadableDockerfile {
  const scope = openGlobalScope(dockerfile.globalArgs, args, platform || UNKNOWN_PLATFORM, dockerfile.escape);
  if ('refused' in scope) return refused(`ARG: ${scope.refused}`, scope.line);
  return (name) => {
    const declared = scope.lookup(name);
    const [, part] = /^BUILD(PLATFORM|OS|ARCH|VARIANT)$/.exec(name) ?? [];
    return part !== undefined && declared?.includes(UNKNOWN) ? scope.lookup(`TARGET${part}`) : declared;
  };
}

/** A name is an earlier stage, a named context, or an image. */
function resolve(
  { dockerfile, contexts }: RewriteRequest,
  stage: Stage,
  name: string,
  keyword: 'FROM' | 'COPY',
): { type: 'stage' | 'image'; name: string } {
  const isIndex = keyword === 'COPY' && /^\d+$/.test(name);
  const earlier = dockerfile.stages.slice(0, stage.index);
  const found = isIndex
    ? earlier[Number(name)]
    : earlier.filter((other) => other.name === (keyword === 'COPY' ? name.toLowerCase() : name)).at(-1);
  const context = findContext(contexts, found ? (found.name ?? '') : name);
  if (context !== undefined) return { type: 'image', name: contexts[context]! };
  return { type: found || isIndex || name === 'scratch' ? 'stage' : 'image', name };
}

/** Replaces a word of an instruction; `false`: it is broken over lines. */
function replaceWord(
  lines: string[],
  { line, endLine }: { line: number; endLine: number },
  before: string,
  after: string,
): boolean {
  if (before === after) return true;
  const escaped = before.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const pattern = new RegExp(String.raw`(^|\s)${escaped}(?=\s|$)`);
  for (let at = line - 1; at < endLine && at < lines.length; at++) {
    const text = lines[at]!;
    if (!pattern.test(text)) continue;
    lines[at] = text.replace(pattern, (_, space: string) => space + after);
    return true;
  }
  return false;
}

const unwritable = (what: string, line: number): UnreadableDockerfile =>
  refused(`the name after ${what} has to be replaced, and is broken over lines`, line);
