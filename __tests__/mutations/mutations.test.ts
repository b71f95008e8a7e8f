import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import type { BaseImages, ImageInputs } from '../../src/inputs/description.js';
import { readInputs } from '../../src/inputs/read-inputs.js';
import { buildAll, type BuildRequest, type DiffIds } from './diff-ids.js';
import { mutations } from './mutations.js';
import { KEYS, describeImages, writeRepository, type Key } from './repository.js';

const execute = promisify(execFile);
const lab = labFromEnvironment();
const refs = { shell: lab.baseBusybox, onbuild: `${lab.registry}/mutations-onbuild:1` };
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
  const env = { PATH: process.env['PATH'], HOME: root, DOCKER_HOST: lab.dockerHost, DOCKER_CONFIG: process.env['DOCKER_CONFIG'], BUILDX_NO_DEFAULT_ATTESTATIONS: '1', BUILDX_BAKE_ENTITLEMENTS_FS: '0' }; // prettier-ignore
  const docker = (...args: string[]) => execute('docker', args, { env, cwd: root });
  await docker('buildx', 'create', '--name', 'mutations', '--driver', 'remote', lab.buildkit);
  const site = { root, registry: lab.registry, builder: 'mutations', env };
  try {
    await pushOnBuildImage();

    const original = join(root, 'original');
    await writeRepository(original, refs);
    await commit(original);
    const requests: BuildRequest[] = [{ name: 'm', folder: original, descriptions: describeImages() }];
    for (const [index, mutation] of TABLE.entries()) {
      const folder = join(root, `${index}`);
      await execute('cp', ['-a', original, folder]);
      await mutation.files?.(folder);
      const descriptions = mutation.descriptions?.(describeImages()) ?? describeImages();
      requests.push({ name: `m${index}`, folder, descriptions });
    }
    const outcomes = await Promise.all([readAll(requests), buildInBatches(requests)]);
    const [inputs, layers] = outcomes;
    before = { inputs: inputs[0]!, layers: layers[0]! };
    for (const [index, { name }] of TABLE.entries()) {
      after.set(name, { inputs: inputs[index + 1]!, layers: layers[index + 1]! });
    }
  } finally {
    await docker('buildx', 'rm', 'mutations');
  }

  async function pushOnBuildImage(): Promise<void> {
    const text = `FROM ${refs.shell}\nONBUILD COPY . /on-build\n`;
    const build = execute('docker', ['buildx', 'build', '--builder', 'mutations', '--push', '-t', refs.onbuild, '-'], { env, cwd: root }); // prettier-ignore
    build.child.stdin?.end(text);
    await build;
  }

  async function buildInBatches(requests: readonly BuildRequest[]): Promise<DiffIds[]> {
    const layers: DiffIds[] = [];
    for (let at = 0; at < requests.length; at += 40) {
      layers.push(...(await buildAll(site, requests.slice(at, at + 40))));
    }
    return layers;
  }
}, 600_000);

afterAll(async () => {
  await execute('chmod', ['-R', 'u+rwX', root]);
  await rm(root, { recursive: true, force: true });
}, 60_000);

async function commit(folder: string): Promise<void> {
  const git = (...args: string[]) =>
    execute('git', ['-C', folder, '-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args]);
  await git('init', '--quiet', '--initial-branch=main');
  await chmod(join(folder, '.git'), 0o755);
  await git('add', '--all', '--force');
  await git('commit', '--quiet', '--message=first');
}

async function readAll(requests: readonly BuildRequest[]): Promise<Record<string, ImageInputs>[]> {
  return Promise.all(
    requests.map(({ folder, descriptions }) =>
      readInputs({ root: folder, builds: Object.values(descriptions), bases }),
    ),
  );
}

/** Images of which this is another one than before the change. */
const changed = (of: (outcome: Outcome, key: Key) => unknown, outcome: Outcome): Key[] =>
  KEYS.filter((key) => of(before, key) !== of(outcome, key));

const fingerprintOf = ({ inputs }: Outcome, key: Key): string => {
  const found = inputs[key];
  if (found?.status !== 'known') throw new Error(`${key}: ${found?.reason ?? 'not read'}`);
  return found.fingerprint;
};
const layersOf = ({ layers }: Outcome, key: Key): string => layers[key];

test('the table holds at least 150 changes, each under a name of its own', () => {
  expect(new Set(TABLE.map(({ name }) => name)).size).toBe(TABLE.length);
  expect(TABLE.length).toBeGreaterThanOrEqual(150);
});

test.each(TABLE.map((mutation) => [mutation.name, mutation] as const))('%s', (name, mutation) => {
  const outcome = after.get(name)!;
  const flips = KEYS.filter((key) => mutation.flips.includes(key));
  expect(changed(fingerprintOf, outcome)).toEqual(flips);
  // What BuildKit says: layers that are others under the same fingerprint would be a wrong skip.
  const others = changed(layersOf, outcome);
  expect(others.filter((key) => !flips.includes(key))).toEqual([]);
  if (mutation.layers === undefined) expect(others).toEqual(flips);
});
