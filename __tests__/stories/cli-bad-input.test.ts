import { readFile } from 'node:fs/promises';
import { jest } from '@jest/globals';
import { BAD_INPUTS, type BadInput } from './cli-bad-inputs.js';
import { BAD_SURROUNDINGS, WRONG_PASSWORD } from './cli-bad-surroundings.js';
import { openCliSite } from './cli-site.js';

jest.setTimeout(60_000);

/** The errors that were printed: head line, what stands under it, and after the arrow the fix. */
function readErrors(stderr: string) {
  const pattern = /^error \[(\S+)\](?: (\S+))?\n((?: {2}.*\n)*?) {2}→ (.*)$/gm;
  return [...stderr.matchAll(pattern)].map(([, code, place, message, fix]) => ({
    code,
    place,
    message,
    fix,
  }));
}

/** Exit code of a problem by docs/errors.md: 2 outranks the rest, as that page says. */
async function documentedExit(codes: readonly string[]): Promise<number> {
  const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const exits = codes.map((code) => {
    const [, exit] = new RegExp(`^### \`${code}\`\\n\\nExit code (\\d)\\.`, 'm').exec(page) ?? [];
    if (exit === undefined) throw new Error(`docs/errors.md does not have ${code}`);
    return Number(exit);
  });
  return exits.includes(2) ? 2 : exits[0]!;
}

test.each(Object.entries({ ...BAD_INPUTS, ...BAD_SURROUNDINGS }))(
  '%s: told with place and fix, and nothing is pushed, committed or left behind',
  async (_, prepare) => {
    const site = await openCliSite();
    let finish: BadInput['finish'];
    try {
      const found = await prepare(site);
      finish = found.finish;
      const before = await site.traces();
      const { exitCode, stdout, stderr } = await site.cli(found.args ?? ['release'], { env: found.env });

      expect(stdout).toBe('');
      expect(readErrors(stderr)).toEqual(
        found.told.map(({ code, place, message, fix }) => ({
          code,
          place,
          message: expect.stringMatching(message),
          fix: expect.stringMatching(fix),
        })),
      );
      expect(exitCode).toBe(await documentedExit(found.told.map(({ code }) => code)));
      expect(stderr).not.toContain(WRONG_PASSWORD);
      expect(stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
      expect(await site.traces()).toEqual(before);
      expect(before.temp).toEqual([]);
    } finally {
      await finish?.();
      await site.close();
    }
  },
);
