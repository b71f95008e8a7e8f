import { cleanUp } from '../../src/cleanup.js';
import { failure } from '../../src/lib/errors.js';
import { parseArguments } from '../../src/cli/arguments.js';
import { DEPLOYMENT_COMMANDS } from '../../src/cli/deployments.js';
import { cleanupAsJson, renderCleanup } from '../../src/report/cleanup.js';
import { plainStyle } from '../../src/report/terminal.js';
import { codesOf, problemsOf } from '../registry/fixtures/clients.js';
import { contextOf, IMAGE, memoryRegistry, REQUEST, targetOf } from './fixtures.js';

let registry: ReturnType<typeof memoryRegistry>;
beforeEach(() => {
  registry = memoryRegistry();
  registry.image('main-0000001', 90);
  registry.image('main-0000002', 80);
  registry.image('main-0000003', 70);
  registry.image('main-0000004', 60);
  registry.image('latest', 60);
});

const TARGET = targetOf({ ledger: ['main-0000004', 'main-0000003', 'main-0000002'] });
const clean = (
  over: Partial<typeof REQUEST> = {},
  ...[target = TARGET, ports]: [Parameters<typeof contextOf>[1]?, Parameters<typeof contextOf>[2]?]
) => cleanUp({ ...REQUEST, ...over }, contextOf(registry.client, target, ports));
const tags = () => [...registry.tags.keys()].sort();
const KEPT = ['latest', 'main-0000003', 'main-0000004'];

test('deletes unneeded releases with their parts; a second run has nothing to confirm', async () => {
  const { verdicts } = await clean();
  expect(tags()).toEqual(KEPT);
  expect(registry.manifests.size).toBe(2 * KEPT.length);
  expect(verdicts.filter(({ action }) => action === 'delete')).toHaveLength(4);
  const again = await clean({ confirm: async () => Promise.reject(new Error('There is nothing to ask.')) });
  expect(again.verdicts.filter(({ action }) => action === 'delete')).toEqual([]);
});

test('list mode deletes nothing and reports what it would delete', async () => {
  const listed = await clean({ mode: 'list' });
  expect(registry.deleted).toEqual([]);
  const text = renderCleanup(listed, plainStyle);
  expect(text).toMatch(/^registry\.example\.org\/acme\/api\n/);
  expect(text).toMatch(/^ {2}delete {3}main-0000001 {2}sha256:[0-9a-f]{12} {2}not needed, 90 days old$/m);
  expect(text).toMatch(/^ {2}keep {5}main-0000004 {2}\S+ {2}current in main$/m);
  expect(text).toContain('Would delete 4 versions and keep 6 versions. Nothing was deleted.');
  expect(cleanupAsJson(listed)).toMatchObject({ outcome: { status: 'planned', kept: 6, deleted: 0, left: 0 } });
});

test('deletes versions only after confirmation, and only if they were listed and are still unneeded', async () => {
  expect((await clean({ confirm: async () => 'no' })).status).toBe('declined');
  expect(registry.deleted).toEqual([]);
  const confirm = async () => {
    registry.image('main-0000005', 90);
    registry.tags.set('1.0', registry.tags.get('main-0000001')!);
    return 'yes' as const;
  };
  expect((await clean({ mode: 'list', confirm })).status).toBe('done');
  expect(tags()).toEqual(['1.0', ...KEPT.slice(0, 1), 'main-0000001', ...KEPT.slice(1), 'main-0000005']);
});

test('keeps a release that a rollback deploys after the plan was made', async () => {
  let reads = 0;
  const rolledBack = targetOf({ ledger: ['main-0000001', 'main-0000004'] });
  const target = {
    ...TARGET,
    readLedgers: (...args: Parameters<typeof TARGET.readLedgers>) =>
      (reads++ === 0 ? TARGET : rolledBack).readLedgers(...args),
  };
  await clean({}, target);
  expect(tags()).toContain('main-0000001');
});

test.each([
  ['a tag', 'newTag: "main-0000001"'],
  ['a patch', 'patches: [{ patch: "image: registry.example.org/acme/api:main-0000001" }]'],
])('keeps a release named by %s in a Kustomization that no channel deploys', async (_, text) => {
  await clean(
    {},
    targetOf({ ledger: ['main-0000004', 'main-0000003'], files: { 'preview/kustomization.yaml': text } }),
  );
  expect(tags()).toContain('main-0000001');
});

test('keeps releases that are named in a file of a Kustomization or run in the cluster', async () => {
  const digest = registry.tags.get('main-0000002')!;
  const files = {
    'k8s/kustomization.yaml': 'resources: [pod.yaml]',
    'k8s/pod.yaml': `image: ${IMAGE}:main-0000001 # old`,
  };
  await clean({}, targetOf({ ledger: ['main-0000004'], files }), {
    readRunning: async () => `docker-pullable://${IMAGE}@${digest}`,
  });
  expect(tags()).toEqual(['latest', 'main-0000001', 'main-0000002', 'main-0000004']);
});

test('reports everything unreadable at once and deletes nothing', async () => {
  const broken = { ...targetOf({ files: { 'k8s/kustomization.yaml': undefined as never } }) };
  broken.snapshot = async () => ({ head: 'c'.repeat(40), list: async () => [], readAll: async () => new Map() });
  registry.manifests.delete(registry.tags.get('main-0000002')!);
  const refusal = async () => Promise.reject(failure({ code: 'cluster/forbidden', message: 'No rights.' }));
  const problems = await problemsOf(clean({}, broken, { readRunning: refusal }));
  expect(codesOf(problems)).toEqual([
    'cleanup/unreadable',
    'cluster/forbidden',
    'deploy/kustomization-missing',
    'deploy/no-history',
  ]);
  expect(registry.deleted).toEqual([]);
});

test('fails if the registry lacks a deployed image', async () => {
  const problems = await problemsOf(clean({}, targetOf({ ledger: ['main-0000009'] })));
  expect(problems).toMatchObject([{ code: 'cleanup/unreadable', message: expect.stringContaining('main-0000009') }]);
});

test('fails with a single error if the registry refuses deletions', async () => {
  registry.client.deleteManifest = async () => false;
  const problems = await problemsOf(clean());
  expect(problems).toMatchObject([
    { code: 'cleanup/refused', message: expect.stringContaining('registry.example.org') },
  ]);
});

test("keeps the parts of an image that the registry doesn't delete, and warns", async () => {
  const kept = registry.tags.get('main-0000001')!;
  const remove = registry.client.deleteManifest;
  registry.client.deleteManifest = async (image, digest) => digest !== kept && remove(image, digest);
  const cleanup = await clean();
  expect(codesOf(cleanup.warnings)).toEqual(['cleanup/not-deleted']);
  expect(registry.manifests.size).toBe(2 * KEPT.length + 2);
  expect(cleanupAsJson(cleanup)).toMatchObject({ outcome: { status: 'done', deleted: 2, left: 2 } });
  expect(renderCleanup(cleanup, plainStyle)).toContain('Deleted 2 versions, kept 8 versions.');
});

test('an interrupted run reports its progress, and the next run deletes the rest', async () => {
  const remove = registry.client.deleteManifest;
  let left = 2;
  registry.client.deleteManifest = async (image, digest) => {
    if (left-- === 0) throw failure({ code: 'registry/unavailable', message: 'It is down.' });
    return remove(image, digest);
  };
  const [problem] = await problemsOf(clean());
  expect(problem!.detail).toBe('1 of 4 versions were deleted; another run continues.');
  await clean();
  expect(tags()).toEqual(KEPT);
});

test.each([
  [['--keep', 'two'], '--keep'],
  [['--keep=-1'], '--keep'],
  [['--older-than', '30'], '--older-than'],
  [['api'], 'takes no arguments'],
])('rejects the arguments %j', (args, words) => {
  const invocation = parseArguments(['cleanup', ...args]);
  expect(() => DEPLOYMENT_COMMANDS.cleanup(invocation as never)).toThrow(words);
});
