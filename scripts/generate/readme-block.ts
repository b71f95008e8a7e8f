/**
 * Replaces what stands between `<!-- name:start -->` and `<!-- name:end -->`; a text without the marks stays.
 * @throws Error when only one of the marks is there
 */
export function replaceBlock(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 && to < 0) return text;
  if (from < 0 || to < from) throw new Error(`The block ${start} … ${end} is not closed.`);
  return `${text.slice(0, from)}${start}\n${content.trim()}\n${text.slice(to)}`;
}
