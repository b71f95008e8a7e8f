/** @programs docker kustomize */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pushEvent } from './events.js';
import { viewRepository } from './registry-view.js';
import { DONE, endOf, openShop, REPOSITORY, tagOf, type Shop } from './shop.js';

const execute = promisify(execFile);

/** Other test files use the Node.js version that runs the tests. */
const OTHERS = [20, 24].filter((major) => !process.versions.node.startsWith(`${major}.`));

let shop: Shop;
afterEach(() => shop.close());

test.each(OTHERS)('the Action releases a push with Node.js %i', async (major) => {
  shop = await openShop();
  // The npm package `node` contains each version.
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

test('provenance names source and commit if the checkout belongs to another user, as in a container job', async () => {
  shop = await openShop({ settings: { deploy: [], attest: { sbom: 'off', provenance: 'max' } } });
  const event = await pushEvent(shop.dir);
  const commit = await shop.git('rev-parse', 'HEAD');
  await execute('chown', ['-R', '1000:1000', shop.dir]);
  // The job already passes git configuration through the environment.
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
