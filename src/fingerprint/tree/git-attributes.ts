/** Which files below the folder of an attributes file git may hold in another form than the work tree has them. */
export interface Conversions {
  /** Every file: a pattern is not one of the simple ones. */
  all: boolean;
  /** Ends of file names: `.txt` of `*.txt`. */
  suffixes: string[];
  names: string[];
}

/** Attributes that make git change bytes on their way in or out (gitattributes(5)). */
const CONVERTING = new Set(['text', 'eol', 'crlf', 'ident', 'filter', 'working-tree-encoding']);

/**
 * Reads a `.gitattributes` from the side of caution: a pattern that isn't plainly a name or an ending counts for all
 * files, and a line that takes an attribute back (`*.png -text`) takes nothing back.
 */
export function parseAttributes(text: string): Conversions {
  const conversions: Conversions = { all: false, suffixes: [], names: [] };
  for (const line of text.replace(/^\uFEFF/, '').split('\n')) {
    const [pattern, ...attributes] = line.trim().split(/[ \t\r]+/);
    if (pattern === undefined || pattern === '' || pattern.startsWith('#')) continue;
    if (pattern.startsWith('[attr]') || pattern.startsWith('"')) {
      // A macro may stand for anything, a quoted pattern may hold the blanks that were split at.
      conversions.all = true;
    } else if (attributes.some(converts)) {
      addPattern(conversions, pattern);
    }
  }
  return conversions;
}

export function isConverted({ all, suffixes, names }: Conversions, name: string): boolean {
  return all || names.includes(name) || suffixes.some((suffix) => name.endsWith(suffix));
}

function converts(attribute: string): boolean {
  return CONVERTING.has(attribute.replace(/=.*/, ''));
}

function addPattern(conversions: Conversions, pattern: string): void {
  const literal = /^[^*?[\]\\/]+$/;
  if (literal.test(pattern)) conversions.names.push(pattern);
  else if (pattern.startsWith('*') && literal.test(pattern.slice(1)))
    conversions.suffixes.push(pattern.slice(1));
  else conversions.all = true;
}
