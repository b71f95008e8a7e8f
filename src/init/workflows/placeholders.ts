/**
 * A text of which a part is known only when it runs keeps that part as `${{ name }}`, like an expression of a workflow.
 * Some names mean the same wherever they come from: `sha` is `github.sha`, `$GITHUB_SHA` and `$(git rev-parse HEAD)`.
 */
const PLACEHOLDER = /\$\{\{\s*(.*?)\s*\}\}/gs;

/** If a part of a command is known only when it runs, so is all of it. */
export function placeholder(name: string): string {
  return `\${{ ${name.replace(PLACEHOLDER, '$1')} }}`;
}

export function hasPlaceholders(text: string): boolean {
  return text.includes('${{');
}

export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map(([, name]) => name!);
}

/** The name of the placeholder that is the whole text. */
export function onlyPlaceholder(text: string): string | undefined {
  const names = placeholdersIn(text);
  return names.length === 1 && text.replace(PLACEHOLDER, '').trim() === '' ? names[0] : undefined;
}

/** Fills placeholders; those that `fill` doesn't know stay. */
export function fillPlaceholders(text: string, fill: (name: string) => string | undefined): string {
  return text.replace(PLACEHOLDER, (whole: string, name: string) => fill(name) ?? whole);
}

/** Changes the fixed text alone: `toLowerCase` of `Acme/${{ sha }}`. */
export function mapText(text: string, change: (fixed: string) => string): string {
  const parts = text.split(PLACEHOLDER);
  return parts.map((part, index) => (index % 2 === 1 ? placeholder(part) : change(part))).join('');
}

/** Splits at separators outside of placeholders. */
export function splitOutside(text: string, separator: RegExp): string[] {
  const names: string[] = [];
  const masked = text.replace(PLACEHOLDER, (_, name: string) => `\u0000${names.push(name) - 1}\u0000`);
  const unmask = (part: string) =>
    part.replace(/\u0000(\d+)\u0000/g, (_, at: string) => placeholder(names[Number(at)]!));
  return masked.split(separator).map(unmask);
}

export const WORKFLOW_NAMES: Readonly<Record<string, string>> = {
  ...{ sha: 'github.sha', branch: 'github.ref_name', tag: 'github.ref_name', ref: 'github.ref' },
  pr: 'github.event.number',
};

/** Placeholders in the words of a workflow, or of a shell. */
export function asExpression(text: string): string {
  return fillPlaceholders(text, (name) => {
    const [, output, id] = /^metadata \d+ (\S+) of (.*)$/.exec(name) ?? [];
    if (output !== undefined) return placeholder(`steps.${id || 'meta'}.outputs.${output}`);
    return name.startsWith('$') ? name : placeholder(WORKFLOW_NAMES[name] ?? name);
  });
}
