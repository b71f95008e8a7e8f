import { readFile } from 'node:fs/promises';

/** The errors that were printed: head line, what stands under it, and after the arrow the fix. */
export function readErrors(stderr: string) {
  const pattern = /^error \[(\S+)\](?: (\S+))?\n((?: {2}.*\n)*?) {2}→ (.*)$/gm;
  return [...stderr.matchAll(pattern)].map(([, code, place, message, fix]) => ({
    code,
    place,
    message,
    fix,
  }));
}

/** Exit code of a problem by docs/errors: 2 outranks the rest, as that page says. */
export async function documentedExit(codes: readonly string[]): Promise<number> {
  const exits = await Promise.all(
    codes.map(async (code) => {
      const path = `docs/errors/${code.split('/')[0]}.md`;
      const page = await readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
      const [, exit] = new RegExp(`^## \`${code}\`\\n\\nExit code (\\d)\\.`, 'm').exec(page) ?? [];
      if (exit === undefined) throw new Error(`${path} does not have ${code}`);
      return Number(exit);
    }),
  );
  return exits.includes(2) ? 2 : exits[0]!;
}
