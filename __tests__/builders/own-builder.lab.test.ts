/** @programs docker */
import { readdir } from 'node:fs/promises';
import { pushBuildkitImage } from '../../lab/buildkit-image.js';
import type { BuildxBuilder } from '../../src/builders/buildx/buildx-builder.js';
import { removeBuilder } from '../../src/builders/buildx/own-builder.js';
import type { ProgressEvent } from '../../src/builders/progress-events.js';
import { Cancelled } from '../../src/lib/errors.js';
import { builderTraces } from '../builder-traces.js';
import { createBakery, problemsOf, SHELL, type Bakery } from './bakery.js';
import { REGISTRY } from './daemon.js';

let bakery: Bakery;

const leftovers = async (names: readonly string[]) =>
  (await builderTraces(bakery.site.env)).filter((trace) => names.some((name) => trace.includes(name)));

beforeAll(async () => {
  bakery = await createBakery();
});
afterEach(async () => {
  expect(await readdir(bakery.site.temp)).toEqual([]);
});
afterAll(() => bakery.close());

describe('a temporary builder', () => {
  let own: BuildxBuilder;
  beforeAll(async () => {
    const stand = await pushBuildkitImage({ registry: REGISTRY, proxyPort: bakery.proxyPort });
    const reason = "Docker's classic image store can't push attestations";
    const options = ['network=host', `image=${stand}`];
    own = {
      type: 'new',
      driver: 'docker-container',
      nodes: [{ platforms: [], options }],
      reason,
      output: 'by-digest',
    };
  });

  const names: string[] = [];
  const onBuilder = (name: string) => names.push(name);

  test('builds, pushes by digest, and is removed', async () => {
    await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo own ${bakery.id}\n`);
    const result = await bakery.build([bakery.image('api')], { builder: own, onBuilder });
    expect(result.images[0]).toMatchObject({
      pushed: 'by-digest',
      digest: expect.stringMatching(/^sha256:/),
    });
    expect(names).toHaveLength(1);
    expect(await leftovers(names)).toEqual([]);
  });

  test('is removed after a cancel', async () => {
    await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo cancel ${bakery.id} && sleep 76543\n`);
    const abort = new AbortController();
    const onProgress = (event: ProgressEvent) => event.type === 'output' && abort.abort();
    const cancelled = bakery.build([bakery.image('api')], {
      builder: own,
      onBuilder,
      onProgress,
      signal: abort.signal,
    });
    await expect(cancelled).rejects.toThrow(Cancelled);
    expect(names).toHaveLength(2);
    expect(await leftovers(names)).toEqual([]);
  });

  test('can be removed by a later process that knows only its name', async () => {
    const name = `image-release-${bakery.id}`;
    names.push(name);
    const options = own.type === 'new' ? own.nodes[0].options.map((option) => `--driver-opt=${option}`) : [];
    await bakery.site.docker(
      'buildx',
      'create',
      '--bootstrap',
      '--name',
      name,
      '--driver',
      'docker-container',
      ...options,
    );
    expect(await leftovers(names)).not.toEqual([]);
    await removeBuilder(name, { ...bakery.site.env, BUILDX_CONFIG: `${bakery.site.temp}-none` });
    await removeBuilder(name, bakery.site.env);
    expect(await leftovers(names)).toEqual([]);
  });
});

test("a builder that can't start leaves no builder and no container", async () => {
  const names: string[] = [];
  const problems = await problemsOf(
    bakery.build([bakery.image('api')], {
      builder: {
        type: 'new',
        driver: 'docker-container',
        nodes: [{ platforms: [], options: [`image=${REGISTRY}/none/buildkit:0`] }],
        reason: "Docker's classic image store can't push attestations",
        output: 'by-digest',
      },
      onBuilder: (name) => names.push(name),
    }),
  );
  expect(problems).toMatchObject([{ code: 'build/builder-unusable' }]);
  expect(names).toHaveLength(1);
  expect(await leftovers(names)).toEqual([]);
});
