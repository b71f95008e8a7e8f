/** @programs kustomize */
import { jest } from '@jest/globals';
import { git } from '../../testing/acme.js';
import { KEYS } from './cli-site.js';
import { openStewardSite, type StewardSite, type Version } from './steward-site.js';

jest.setTimeout(60_000);

const LEDGER = 'refs/image-release/main';

let site: StewardSite;
beforeAll(async () => {
  site = await openStewardSite();
});
afterAll(() => site.close());

const refs = () => git(site.bare, ['for-each-ref', '--format=%(refname) %(objectname)']);
const both = ({ tag }: Version) => ({ api: tag, web: tag });
const imagesOf = ({ tag }: Version) => KEYS.flatMap((key) => ['--image', `${key}=${site.prefix}/${key}:${tag}`]);

test('an older release that comes last ends with 3, tells what stays, and changes nothing', async () => {
  const old = await site.publish();
  const current = await site.ship();
  const before = await refs();
  const { exitCode, stdout, stderr } = await site.deploy(old);
  expect({ exitCode, refs: await refs() }).toEqual({ exitCode: 3, refs: before });
  expect(stderr).not.toMatch(/^error/m);
  expect(stdout).toContain(`api ${old.tag} was not deployed: a newer release is deployed (${current.tag}).`);
  expect(stdout).toContain('– Did not deploy api and web: a newer release is deployed.');
  expect(await site.deployed()).toEqual(both(current));
});

test('a commit that nobody has pushed yet is newer than what it was made from, and older than what follows', async () => {
  const published = await site.publish();
  await site.git('commit', '--quiet', '--allow-empty', '--message', 'Not pushed yet');
  const unpushed = await site.git('rev-parse', 'HEAD');
  const { exitCode } = await site.cli(['deploy', ...imagesOf(published)]);
  expect({ exitCode, deployed: await site.deployed() }).toEqual({ exitCode: 0, deployed: both(published) });
  expect(await git(site.bare, ['log', '-1', '--format=%B', LEDGER])).toContain(`Image-Release-Source: ${unpushed}`);
  const late = await site.deploy(published);
  expect(late.exitCode).toBe(3);
});

test('a release from another line of history ends with 3 and an error; --allow-rollback lets it through', async () => {
  // The newest commit in the ledger was never pushed as it was.
  await site.close();
  site = await openStewardSite();
  const base = await site.publish();
  await site.ship();
  await site.git('switch', '--quiet', '--create', 'hotfix', base.commit);
  await site.git('commit', '--quiet', '--allow-empty', '--message', 'Go another way');
  await site.git('push', '--quiet', 'origin', 'hotfix');
  const before = await refs();
  const { exitCode, stdout, stderr } = await site.cli(['deploy', ...imagesOf(base)]);
  expect({ exitCode, stdout, refs: await refs() }).toEqual({ exitCode: 3, stdout: '', refs: before });
  expect(stderr.match(/^error \[\S+\] \S+/gm)).toEqual(
    KEYS.map(() => expect.stringMatching(/^error \[deploy\/order-unknown\] image-release\.yml:\d+:\d+$/)),
  );
  expect(stderr).toContain('--allow-rollback');
  const allowed = await site.cli(['deploy', ...imagesOf(base), '--allow-rollback']);
  expect({ exitCode: allowed.exitCode, deployed: await site.deployed() }).toEqual({
    exitCode: 0,
    deployed: both(base),
  });
});
