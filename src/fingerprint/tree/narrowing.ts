import { parseIgnore } from '../../dockerfile/ignore/parse.js';

/** What of a context counts by the user's word (`paths`). */
export interface Narrowing {
  counts(path: string): boolean;
  /** The first pattern that nothing asked for has matched, which may be a slip. */
  findIdle(): string | undefined;
}

/**
 * Reads patterns in the grammar of `.dockerignore`, but of what counts: `[src, "!src/docs"]`. Exceptions alone take
 * from everything.
 * @returns a doubt, as a clause, where a pattern may be understood in several ways
 */
export function narrowTo(patterns: readonly string[]): Narrowing | { doubt: string } {
  const taking = patterns.filter((pattern) => !pattern.startsWith('!'));
  const rules = parseIgnore([...(taking.length === 0 ? ['**'] : []), ...patterns].join('\n'));
  if ('doubt' in rules) return { doubt: `\`paths\` can't be relied on: ${rules.doubt}` };
  const idle = new Map(taking.map((pattern) => [pattern, parseIgnore(pattern)]));
  return {
    counts(path) {
      for (const [pattern, one] of idle) if ('doubt' in one || one.ignores(path)) idle.delete(pattern);
      return rules.ignores(path);
    },
    findIdle: () => [...idle.keys()][0],
  };
}
