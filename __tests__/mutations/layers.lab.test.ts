/** @programs docker */
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { soak } from '../../testing/soak.js';
import { keysTouchedBy } from './builds.js';
import { buildAll, type BuildRequest, type DiffIds, type Site } from './diff-ids.js';
import { KEYS, describeImages, type Key } from './dockerfiles.js';
import { execute, inOrder, mutateAll, type Mutants } from './mutate.js';
import { mutations } from './mutations.js';

const lab = labFromEnvironment();
const refs = {
  shell: lab.baseBusybox,
  onbuild: `${lab.registry}/mutations-onbuild:1`,
  http: `http://${lab.registry}/v2/`,
};
/** The layers depend on BuildKit alone, so a sample of the changes is enough, except in a soak test. */
const EVERY = soak(24, 1);
const TABLE = mutations(refs).filter((_, index) => index % EVERY === 0);
/** Images per batch: in larger batches, the builder takes longer for each image. */
const AT_ONCE = 16;

let mutants: Mutants;
let before: DiffIds;
/** Layers by the name of the mutation. */
const after = new Map<string, DiffIds>();

beforeAll(async () => {
  mutants = await mutateAll(refs, TABLE);
  const { root, original, all } = mutants;
  // Without traces, because the daemon would store those of the whole batch with each build.
  const env = { PATH: process.env['PATH'], HOME: root, TMPDIR: root, DOCKER_HOST: lab.dockerHost, BUILDX_NO_DEFAULT_ATTESTATIONS: '1', OTEL_TRACES_EXPORTER: 'none' }; // oxfmt-ignore
  const docker = (...args: string[]) => execute('docker', args, { env, cwd: root });
  const site: Site = { root, registry: lab.registry, builder: 'mutations', env };
  await docker('buildx', 'create', '--name', site.builder, '--driver', 'remote', lab.buildkit);
  try {
    const build = execute('docker', ['buildx', 'build', '--builder', site.builder, '--push', '-t', refs.onbuild, '-'], { env, cwd: root }); // oxfmt-ignore
    build.child.stdin?.end(`FROM ${refs.shell}\nONBUILD COPY . /on-build\n`);
    await build;
    [before] = (await buildAll(site, [
      { name: 'original', folder: original, descriptions: describeImages(), keys: KEYS },
    ])) as [DiffIds];
    for (const { mutation } of all) after.set(mutation.name, { ...before });
    await buildMutants(site);
  } finally {
    await docker('buildx', 'rm', site.builder);
  }
}, 600_000);
afterAll(() => mutants.remove(), 60_000);

async function buildMutants(site: Site): Promise<void> {
  const requests = mutants.all.flatMap((mutated, index): [string, BuildRequest][] => {
    const { mutation, folder, descriptions } = mutated;
    const keys = keysTouchedBy(mutated);
    return keys.length === 0 ? [] : [[mutation.name, { name: `b${index}`, folder, descriptions, keys }]];
  });
  for (let at = 0, count: number; at < requests.length; at += count) {
    count = 1;
    for (let images = 0; images < AT_ONCE && at + count < requests.length; count += 1)
      images += requests[at + count]![1].keys.length;
    const batch = requests.slice(at, at + count);
    const built = await buildAll(
      site,
      batch.map(([, request]) => request),
    );
    for (const [index, layers] of built.entries()) Object.assign(after.get(batch[index]![0])!, layers);
  }
}

const layersOf = (layers: DiffIds, key: Key): string => {
  const found = layers[key];
  if (!found) throw new Error(`${key} was not built.`);
  return found;
};

/** Changed layers with an unchanged fingerprint (mutations.slow.test.ts) would skip a needed build. */
test.each(TABLE.map((mutation) => [mutation.name, mutation] as const))(
  'BuildKit changes only the expected layers: %s',
  (name, mutation) => {
    const layers = after.get(name)!;
    const isChanged = (key: Key) => layersOf(before, key) !== layersOf(layers, key);
    const sameSecond = (mutation.byTime ?? []).filter((key) => !isChanged(key));
    const others = (mutation.layers ?? mutation.flips).filter((key) => !sameSecond.includes(key));
    expect(KEYS.filter(isChanged)).toEqual(inOrder(others));
  },
);
