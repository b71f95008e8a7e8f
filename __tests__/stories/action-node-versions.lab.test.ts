/** @programs docker kustomize */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pushEvent } from './events.js';
import { viewRepository } from './registry-view.js';
import { DONE, endOf, openShop, REPOSITORY, tagOf, type Shop } from './shop.js';

const execute = promisify(execFile);

/** Every other story uses the node that runs the tests. */
const OTHERS = [20, 24].filter((major) => !process.versions.node.startsWith(`${major}.`));

let shop: Shop;
afterEach(() => shop.close());

test.each(OTHERS)('a push is released by node %i', async (major) => {
  shop = await openShop();
  // npm has each as a package.
  const { stdout } = await execute('npx', [
    ...['--yes', '--package', `node@${major}`, '--', 'node', '--print'],
    'process.execPath + " " + process.version',
  ]);
  const [node = '', version] = stdout.trim().split(' ');
  expect(version).toMatch(new RegExp(`^v${major}\\.`));

  const { main, post } = await shop.job({ node, withoutPost: false });
  expect(main.exitCode).toBe(0);
  expect(main.stderr).toBe('');
  const tag = tagOf(await shop.git('rev-parse', 'HEAD'));
  expect(await shop.tags('web')).toEqual(['latest', tag]);
  expect(await shop.deployed()).toEqual([tag, tag]);
  expect(post).toMatchObject({ exitCode: 0, stderr: '' });
});

test('in a container job, where the checkout belongs to another user, provenance names source and commit; without deploy nothing is asked about the history', async () => {
  shop = await openShop({ settings: { deploy: [], attest: { sbom: 'off', provenance: 'max' } } });
  const event = await pushEvent(shop.dir);
  const commit = await shop.git('rev-parse', 'HEAD');
  await execute('chown', ['-R', '1000:1000', shop.dir]);
  // A setting of that kind that the job has already is kept.
  const env = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.abbrev', GIT_CONFIG_VALUE_0: '12' };
  const job = await shop.job({ event, env });
  expect(endOf(job)).toEqual(DONE);
  expect(job.main.outputs).toMatchObject({ released: 'true', 'deploy-commit': '' });
  const [first] = await viewRepository(`${shop.prefix}/web`).statements('latest');
  expect(first?.statement.predicate.metadata['https://mobyproject.org/buildkit@v1#metadata']?.vcs).toMatchObject({
    source: `${shop.github.url}/${REPOSITORY}`,
    revision: commit,
  });
});
