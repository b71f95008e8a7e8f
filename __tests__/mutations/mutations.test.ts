import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import type { BaseImages, ImageInputs } from '../../src/inputs/description.js';
import { readInputs } from '../../src/inputs/read-inputs.js';
import { planBuilds, type Mutated } from './builds.js';
import { buildAll, type BuildRequest, type DiffIds, type Site } from './diff-ids.js';
import { compareDisks, readDisk } from './disk.js';
import { KEYS, describeImages, type Descriptions, type Key } from './dockerfiles.js';
import { mutations } from './mutations.js';
import { writeRepository } from './repository.js';

const execute = promisify(execFile);
const lab = labFromEnvironment();
const refs = {
  shell: lab.baseBusybox,
  onbuild: `${lab.registry}/mutations-onbuild:1`,
  http: `http://${lab.registry}/v2/`,
};
const bases: BaseImages = {
  [refs.shell]: { digest: `sha256:${'0'.repeat(64)}`, onBuild: [], env: {}, healthcheck: 'none' },
  [refs.onbuild]: {
    digest: `sha256:${'1'.repeat(64)}`,
    onBuild: ['COPY . /on-build'],
    env: {},
    healthcheck: 'none',
  },
};
const TABLE = mutations(refs);
/** Builds in one go: with more, the builder takes longer for each. */
const AT_ONCE = 16;

/** Images of one repository: what they were found to be made of, and the layers that BuildKit made of it. */
interface Outcome {
  inputs: Record<string, ImageInputs>;
  layers: DiffIds;
}

let root: string;
let before: Outcome;
const after = new Map<string, Outcome>();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mutations-'));
  const original = join(root, 'original');
  await writeRepository(original, refs);
  const all = await mutateAll(original);
  before = { inputs: await read(original, describeImages()), layers: {} };
  for (const { mutation, folder, descriptions } of all) {
    after.set(mutation.name, { inputs: await read(folder, descriptions), layers: {} });
  }
  await buildEverything(original, all);
}, 600_000);

afterAll(async () => {
  await execute('chmod', ['-R', 'u+rwX', root]);
  await rm(root, { recursive: true, force: true });
}, 60_000);

const read = (folder: string, descriptions: Descriptions) =>
  readInputs({ root: folder, builds: Object.values(descriptions), bases });

/** One process for all of them. */
const copy = (original: string, names: readonly string[]) =>
  execute('sh', ['-c', 'for name; do cp -a "$0" "$name"; done', original, ...names], { cwd: root });

async function mutateAll(original: string): Promise<Mutated[]> {
  const disk = readDisk(original);
  const all: Mutated[] = [];
  const names = [...TABLE.entries()].filter(([, { files }]) => files).map(([index]) => String(index));
  await copy(original, names);
  for (const [index, mutation] of TABLE.entries()) {
    const folder = mutation.files ? join(root, `${index}`) : original;
    await mutation.files?.(folder);
    const descriptions = mutation.descriptions?.(describeImages()) ?? describeImages();
    all.push({ mutation, folder, descriptions, paths: compareDisks(disk, readDisk(folder)) });
  }
  return all;
}

async function buildEverything(original: string, all: readonly Mutated[]): Promise<void> {
  // Without traces: the daemon would keep with each build those of all builds in one go.
  const env = { PATH: process.env['PATH'], HOME: root, TMPDIR: root, DOCKER_HOST: lab.dockerHost, BUILDX_NO_DEFAULT_ATTESTATIONS: '1', OTEL_TRACES_EXPORTER: 'none' }; // prettier-ignore
  const docker = (...args: string[]) => execute('docker', args, { env, cwd: root });
  const site: Site = { root, registry: lab.registry, builder: 'mutations', env };
  await docker('buildx', 'create', '--name', site.builder, '--driver', 'remote', lab.buildkit);
  try {
    await pushOnBuildImage();
    const [layers] = await buildAll(site, [
      { name: 'original', folder: original, descriptions: describeImages(), keys: KEYS },
    ]);
    before.layers = layers!;
    for (const outcome of after.values()) outcome.layers = { ...layers };
    await buildMutated();
  } finally {
    await docker('buildx', 'rm', site.builder);
  }

  async function pushOnBuildImage(): Promise<void> {
    const build = execute('docker', ['buildx', 'build', '--builder', site.builder, '--push', '-t', refs.onbuild, '-'], { env, cwd: root }); // prettier-ignore
    build.child.stdin?.end(`FROM ${refs.shell}\nONBUILD COPY . /on-build\n`);
    await build;
  }

  async function buildMutated(): Promise<void> {
    const builds = planBuilds(all);
    const requests: BuildRequest[] = [];
    for (const [index, { keys, of }] of builds.entries()) {
      let [{ folder }] = of as [Mutated];
      if (of.length > 1) {
        folder = join(root, `joint${index}`);
        await copy(original, [folder]);
        for (const { mutation } of of) await mutation.files?.(folder);
      }
      requests.push({ name: `b${index}`, folder, descriptions: of[0]!.descriptions, keys });
    }
    for (let at = 0, count: number; at < requests.length; at += count) {
      count = 1;
      for (let images = 0; images < AT_ONCE && at + count < requests.length; count += 1)
        images += requests[at + count]!.keys.length;
      const built = await buildAll(site, requests.slice(at, at + count));
      for (const [index, layers] of built.entries())
        for (const { mutation } of builds[at + index]!.of)
          Object.assign(after.get(mutation.name)!.layers, layers);
    }
  }
}

/** Images of which this is another one than before the change. */
const changed = (of: (outcome: Outcome, key: Key) => unknown, outcome: Outcome): Key[] =>
  KEYS.filter((key) => of(before, key) !== of(outcome, key));

const fingerprintOf = ({ inputs }: Outcome, key: Key): string | undefined => {
  const found = inputs[key]!;
  return found.status === 'known' ? found.fingerprint : undefined;
};
const isAlwaysBuilt = ({ inputs }: Outcome, key: Key): boolean => inputs[key]?.status === 'unknown';
const layersOf = ({ layers }: Outcome, key: Key): string => {
  const found = layers[key];
  if (!found) throw new Error(`${key} was not built.`);
  return found;
};
const inOrder = (keys: readonly Key[]): Key[] => KEYS.filter((key) => keys.includes(key));

test('the table holds at least 150 changes, each under a name of its own', () => {
  expect(new Set(TABLE.map(({ name }) => name)).size).toBe(TABLE.length);
  expect(TABLE.length).toBeGreaterThanOrEqual(150);
});

test('before any change the inputs of all images are known', () => {
  expect(changed(isAlwaysBuilt, before)).toEqual([]);
  for (const key of KEYS) expect(before.inputs[key]).toMatchObject({ status: 'known' });
});

test.each(TABLE.map((mutation) => [mutation.name, mutation] as const))('%s', (name, mutation) => {
  const outcome = after.get(name)!;
  expect(changed(fingerprintOf, outcome)).toEqual(inOrder(mutation.flips));
  expect(changed(isAlwaysBuilt, outcome)).toEqual(inOrder(mutation.always ?? []));
  // What BuildKit says: other layers under the same fingerprint would be a wrong skip.
  const sameSecond = (mutation.byTime ?? []).filter(
    (key) => layersOf(outcome, key) === layersOf(before, key),
  );
  const others = (mutation.layers ?? mutation.flips).filter((key) => !sameSecond.includes(key));
  expect(changed(layersOf, outcome)).toEqual(inOrder(others));
});
