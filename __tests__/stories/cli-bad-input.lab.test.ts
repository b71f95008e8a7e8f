/** @programs docker kustomize */
import { jest } from '@jest/globals';
import { BAD_INPUTS, type BadInput } from './cli-bad-inputs.js';
import { BAD_SURROUNDINGS, WRONG_PASSWORD } from './cli-bad-surroundings.js';
import { openCliSite, type CliSite } from './cli-site.js';
import { documentedExit, readErrors } from './told-errors.js';

jest.setTimeout(60_000);

let sound: CliSite;
beforeAll(async () => {
  sound = await openCliSite();
});
afterAll(() => sound.close());

test.each(Object.entries({ ...BAD_INPUTS, ...BAD_SURROUNDINGS }))(
  '%s: told with place and fix, and nothing is pushed, committed or left behind',
  async (_, prepare) => {
    const site = await openCliSite({ like: sound });
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
