/** @programs kustomize */
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { git } from '../../testing/acme.js';
import { BAD_DEPLOYS } from './cli-deploy-bad-inputs.js';
import type { BadInput } from './cli-bad-inputs.js';
import { KEYS, openCliSite, type CliSite } from './cli-site.js';
import { READ_TOKEN } from './shop.js';
import { documentedExit, readErrors } from './told-errors.js';

jest.setTimeout(60_000);

function deploy(site: CliSite, tag: string, over: Partial<BadInput> = {}) {
  const images = KEYS.flatMap((key) => ['--image', `${key}=${site.prefix}/${key}:${tag}`]);
  return site.cli(over.args ?? ['deploy', ...images, '--no-registry-check'], { env: over.env });
}

/** A site on which both images have been deployed once. */
let deployed: CliSite;
beforeAll(async () => {
  deployed = await openCliSite();
  expect((await deploy(deployed, 'v1')).exitCode).toBe(0);
  await deployed.git('pull', '--quiet', '--rebase', 'origin', 'main');
});
afterAll(() => deployed.close());

/** Branch, ledger and the file as it lies on disk. */
async function standing(site: CliSite) {
  const path = join(site.dir, 'k8s/kustomization.yml');
  return {
    ...(await site.traces()),
    refs: await git(site.bare, ['for-each-ref', '--format=%(refname) %(objectname)']),
    file: await readFile(path, 'latin1'),
    link: await readlink(path).catch(() => undefined),
  };
}

test.each(Object.entries(BAD_DEPLOYS))(
  'deploy: %s is refused with file, line and way out; file, branch and ledger stay',
  async (_, prepare) => {
    const site = await openCliSite({ like: deployed });
    let finish: BadInput['finish'];
    try {
      const found = await prepare(site);
      finish = found.finish;
      const before = await standing(site);
      expect(before.refs).toContain('refs/image-release/main');
      const { exitCode, stdout, stderr } = await deploy(site, 'v2', found);

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
      expect(stderr).not.toContain(READ_TOKEN);
      expect(stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
      expect(await standing(site)).toEqual(before);
      expect(before.temp).toEqual([]);
    } finally {
      await finish?.();
      await site.close();
    }
  },
);
