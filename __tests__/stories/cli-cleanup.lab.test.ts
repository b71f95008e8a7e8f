/** @programs docker kustomize */
import { createRegistryStore } from '../../src/cleanup/registry-store.js';
import { cleanUp, type CleanupContext } from '../../src/cleanup.js';
import { loadConfig } from '../../src/config/load.js';
import type { DeployTarget } from '../../src/deploy/target.js';
import { createGitTarget } from '../../src/deploy/targets/git/git.js';
import { ReleaseError } from '../../src/lib/errors.js';
import { createRegistryClient } from '../../src/registry/client.js';
import { dockerApi } from '../../testing/fake-cluster/kubelet/docker-api.js';
import { soak } from '../../testing/soak.js';
import { sourceOf } from '../plan/fixtures.js';
import { startFront, type Fault, type Front } from '../registry/fixtures/front.js';
import { configuration, kustomization } from './cli-site.js';
import { openHistorySite, type HistorySite } from './published-history.js';
import { viewRepository } from './registry-view.js';
import { lab } from './shop.js';

let front: Front;
let site: HistorySite;
/** Release tags by the names that this file uses. */
const tags: Record<string, string> = {};
const DAY = 86_400_000;
const COMMITS = Array.from({ length: 12 }, (_, index) => `c${index + 1}`);

/**
 * Releases in this order: `first` by the CLI, c1 to c12 of older commits, six previews, and `last` by the CLI. Staging
 * deployed c8, c10 and c11, and runs `last`; production runs c8.
 */
beforeAll(async () => {
  front = await startFront(lab.registry);
  site = await openHistorySite(front.host);
  tags['first'] = await site.release();
  const published = await site.publishCommits(COMMITS.map((_, index) => 99 - index));
  for (const [index, name] of COMMITS.entries()) tags[name] = published[index]!;
  for (let n = 1; n <= 6; n++) await site.publish((tags[`pr${n}`] = `pr-${n}-${String(n).repeat(7)}`), 60);
  for (const name of ['c8', 'c10', 'c11']) {
    await site.deploy(tags[name]!);
    if (name === 'c8') await site.promote();
  }
  tags['last'] = await site.release();
  // Other Kustomizations deploy c5 and the digest of c6, and c7 has a tag that somebody else created.
  const pinned = `{ name: page, newName: ${site.prefix}/web, digest: '${site.published.get(`web:${tags['c6']}`)!.digest}' }`;
  await site.commit({
    'preview/kustomization.yml': kustomization(site.prefix).replace('main-0000000', tags['c5']!),
    'pinned/kustomization.yml': `images: [${pinned}]\n`,
  });
  const { bytes, mediaType } = (await site.client.getManifest(`${site.prefix}/api`, tags['c7']!))!;
  await site.client.putManifest(`${site.prefix}/api`, 'demo', bytes, mediaType);
});
afterAll(async () => {
  await site?.close();
  await front?.stop();
});

const KEPT = {
  api: ['first', 'c5', 'c7', 'c8', 'c11', 'last'],
  web: ['first', 'c5', 'c6', 'c8', 'c11', 'last'],
};
type Key = keyof typeof KEPT;
const KEYS = Object.keys(KEPT) as Key[];
const published = (key: Key, name: string) => site.published.get(`${key}:${tags[name]}`)!;
const familiesOf = (key: Key, names: readonly string[]) => names.flatMap((name) => published(key, name).family);
const goneOf = (key: Key) => Object.keys(tags).filter((name) => !KEPT[key].includes(name));
const view = (key: Key) => viewRepository(`${lab.registry}/${site.repositoryOf(key)}`);

/** Filters digests that the registry doesn't serve. */
async function missing(key: Key, digests: readonly string[]): Promise<string[]> {
  const served = await Promise.all(digests.map((digest) => view(key).manifest(digest)));
  return digests.filter((_, index) => served[index] === undefined);
}

test('cleanup lists each version with its reason in a terminal, and deletes nothing without confirmation', async () => {
  const terminal = site.terminal(['cleanup', '--keep', '1'], { columns: 200 });
  await terminal.until((screen) => screen.includes('Delete these versions? [y/N]'));
  terminal.type('n\r');
  expect(await terminal.ended).toBe(0);
  const text = terminal.everything().join('\n');
  for (const [name, reason] of [
    ['last', 'current in staging'],
    ['c11', '1 release back in staging'],
    ['c8', 'current in production'],
    ['c5', 'named in preview/kustomization.yml on branch main'],
    ['first', 'only 0 days old'],
  ]) {
    expect(text).toMatch(new RegExp(`keep +(?:demo|latest|${tags[name!]}) .*${reason}`));
  }
  expect(text).toContain('tag demo does not name a commit');
  expect(text).toMatch(new RegExp(`delete +${tags['pr3']} .*not needed, 60 days old`));
  expect(text).toContain('Not confirmed. Nothing was deleted.');
  for (const key of KEYS) expect(await missing(key, familiesOf(key, Object.keys(tags)))).toEqual([]);
});

/** Manifests of one deleted image, so that later tests can restore them. */
const saved: { digest: string; tags: string[]; bytes: Buffer; mediaType: string }[] = [];

test('cleanup --yes deletes exactly the versions that are not needed', async () => {
  for (const digest of published('api', 'c1').family) {
    const tagsOf = [
      tags['c1']!,
      ...['', '.sig'].map((end) => `${published('api', 'c1').digest.replace(':', '-')}${end}`),
    ];
    const named = await Promise.all(tagsOf.map((tag) => view('api').manifest(tag)));
    const manifest = (await site.client.getManifest(`${site.prefix}/api`, digest))!;
    saved.push({ ...manifest, tags: tagsOf.filter((_, index) => named[index]?.digest === digest) });
  }
  // A registry accepts an index only after its manifests.
  saved.push(saved.shift()!);
  const { exitCode, stdout } = await site.signing(['cleanup', '--keep', '1', '--yes', '--json']);
  expect(exitCode).toBe(0);
  const { outcome, versions } = JSON.parse(stdout) as {
    outcome: object;
    versions: { image: string; digest: string; action: string }[];
  };
  expect(versions.length).toBeGreaterThanOrEqual(300);
  const expected = KEYS.flatMap((key) =>
    familiesOf(key, goneOf(key)).map((digest) => `${site.prefix}/${key}@${digest}`),
  );
  const deleted = versions.filter(({ action }) => action === 'delete').map(({ image, digest }) => `${image}@${digest}`);
  expect(deleted.sort()).toEqual(expected.sort());
  expect(outcome).toEqual({
    status: 'done',
    kept: versions.length - expected.length,
    deleted: expected.length,
    left: 0,
  });
  for (const key of KEYS) {
    expect(await missing(key, familiesOf(key, goneOf(key)))).toEqual(familiesOf(key, goneOf(key)));
    expect(await missing(key, familiesOf(key, KEPT[key]))).toEqual([]);
    expect(await view(key).tags()).toEqual(expect.arrayContaining(['cache-linux-amd64-linux-arm64', 'latest']));
  }
});

test('after cleanup, deployed images pass verify, and every kept image can be pulled on each platform', async () => {
  const { exitCode, stdout } = await site.signing(['verify']);
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  expect(stdout.match(/signed by the key of cosign/g)).toHaveLength(4);
  for (const key of KEYS) {
    for (const name of KEPT[key]) {
      // Both calls throw if a blob is missing.
      const { digest } = published(key, name);
      expect((await view(key).statements(digest)).map(({ of }) => of)).toHaveLength(2);
      expect(await view(key).everything(digest)).toContain(key);
    }
  }
  // Pulls through the API of the daemon, which needs no process per image.
  const docker = dockerApi(lab.dockerHost);
  for (const platform of ['linux/amd64', 'linux/arm64'])
    for (const key of KEYS)
      for (const { digest } of KEPT[key].map((name) => published(key, name))) {
        const query = new URLSearchParams({ fromImage: `${site.prefix}/${key}@${digest}`, platform });
        const lines = await docker.lines('POST', `/images/create?${query.toString()}`);
        expect(lines.filter((line) => 'error' in (JSON.parse(line) as object))).toEqual([]);
        expect(lines.at(-1)).toMatch(/Status: (?:Downloaded|Image is up to date)/);
      }
});

describe('cleanup with one failing registry request', () => {
  let deps: CleanupContext;
  let count = 0;
  let failing: { at: number; fault: Fault } | undefined;
  const clean = () => {
    const channels = [
      { kustomization: 'k8s', channel: 'staging' },
      { kustomization: 'production', channel: 'production', when: 'promoted' },
    ];
    const text = configuration(site.prefix, { images: { api: {} }, deploy: channels, cache: 'registry' });
    count = 0;
    return cleanUp({ config: loadConfig({ text, origin: 'a test' }), keep: 1, age: 30 * DAY, mode: 'delete' }, deps);
  };

  beforeAll(async () => {
    const clockwork = { sleep: async () => {}, random: () => 0 };
    const place = { remote: 'origin', checkout: site.dir, env: process.env, temporaryFolder: site.temp };
    const target = createGitTarget({ ...place, branch: 'main', clockwork });
    // Read once, because only registry requests fail here.
    const channels = await target.listChannels();
    const ledgers = await target.readLedgers(channels);
    const snapshot = await target.snapshot();
    const known: Pick<DeployTarget, 'listChannels' | 'readLedgers' | 'snapshot'> = {
      listChannels: async () => channels,
      readLedgers: async () => ledgers,
      snapshot: async () => snapshot,
    };
    deps = {
      source: sourceOf(),
      signal: new AbortController().signal,
      openTarget: () => known as DeployTarget,
      async openCleanup() {
        const client = createRegistryClient({
          credentials: async () => undefined,
          userAgent: 'tests',
          sleep: async () => {},
        });
        const store = createRegistryStore(client);
        return { client, storeOf: () => store, readRunning: async () => undefined, say: () => {} };
      },
    };
    front.onRequest(() => (++count === failing?.at ? failing.fault : undefined));
  });

  async function putBack(): Promise<void> {
    for (const { digest, tags: names, bytes, mediaType } of saved)
      for (const reference of [digest, ...names])
        await site.client.putManifest(`${site.prefix}/api`, reference, bytes, mediaType);
  }

  const json = { 'content-type': 'application/json' };
  const FAULTS: Fault[] = [
    { status: 503 },
    { cut: true },
    { loseAnswer: true },
    { status: 403, headers: json, body: '{}' },
    { status: 404, headers: json, body: '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}' },
  ];

  test('deletes no needed version, and the next run deletes the remaining tags', async () => {
    const kept = familiesOf('api', KEPT.api);
    const gone = published('api', 'c1').family;
    const tagsOfGone = saved.flatMap((manifest) => manifest.tags);
    await putBack();
    await clean();
    const requests = count;
    expect(await missing('api', gone)).toEqual(gone);
    expect(requests).toBeGreaterThan(40);
    const cases = Array.from({ length: requests }, (_, index) => ({
      at: index + 1,
      fault: FAULTS[index % FAULTS.length]!,
    }));
    const chosen = soak(
      cases.filter(({ at }) => at % 9 === 3),
      FAULTS.flatMap((fault) => cases.map(({ at }) => ({ at, fault }))),
    );
    for (const each of chosen) {
      await putBack();
      failing = each;
      await clean().catch((error: unknown) => expect(error).toBeInstanceOf(ReleaseError));
      failing = undefined;
      expect({ ...each, missing: await missing('api', kept) }).toEqual({ ...each, missing: [] });
      await clean();
      // This registry lists only the tagged manifests of a half-deleted image. Cleanup leaves a manifest alone if the
      // registry answers that it doesn't exist.
      const isToldGone = 'status' in each.fault && each.fault.status === 404;
      const left = isToldGone ? [] : (await view('api').tags()).filter((tag) => tagsOfGone.includes(tag));
      expect({ ...each, left }).toEqual({ ...each, left: [] });
      expect(await missing('api', kept)).toEqual([]);
    }
  });
});
