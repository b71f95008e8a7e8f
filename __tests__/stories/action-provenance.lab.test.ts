/** @programs docker kustomize */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { pushEvent } from './events.js';
import { viewRepository } from './registry-view.js';
import { openShop, REPOSITORY, type Shop } from './shop.js';

jest.setTimeout(60_000);

const execute = promisify(execFile);
const BUILDKIT_METADATA = 'https://mobyproject.org/buildkit@v1#metadata';

let shop: Shop;
let commit: string;
afterEach(() => shop.close());

async function open(provenance: 'min' | 'max'): Promise<void> {
  shop = await openShop({ settings: { attest: { sbom: 'off', provenance } } });
  commit = await shop.git('rev-parse', 'HEAD');
}

async function sourceOf(key: string): Promise<unknown> {
  const [first] = await viewRepository(`${shop.prefix}/${key}`).statements('latest');
  return first?.statement.predicate.metadata[BUILDKIT_METADATA]?.vcs;
}

const named = () => ({ source: `${shop.github.url}/${REPOSITORY}`, revision: commit });

describe('provenance names the source repository and the commit', () => {
  test.each(['min', 'max'] as const)('in mode %s', async (mode) => {
    await open(mode);
    expect((await shop.job()).main.exitCode).toBe(0);
    for (const key of ['api', 'web']) expect(await sourceOf(key)).toMatchObject(named());
  });

  test('in a container job, where the checkout belongs to another user', async () => {
    await open('max');
    const event = await pushEvent(shop.dir);
    await execute('chown', ['-R', '1000:1000', shop.dir]);
    // A setting of that kind that the job has already is kept.
    const env = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.abbrev', GIT_CONFIG_VALUE_0: '12' };
    expect((await shop.job({ event, env })).main.exitCode).toBe(0);
    expect(await sourceOf('web')).toMatchObject(named());
  });
});
