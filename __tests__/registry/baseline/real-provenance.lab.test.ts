/** @programs docker */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labFromEnvironment } from '../../../lab/shared-lab.js';
import { run } from '../../../src/lib/process.js';
import { INPUTS_ANNOTATION } from '../../../src/plan/baseline.js';
import { findBaselines } from '../../../src/registry/baseline/find-baselines.js';
import { createRegistryClient } from '../../../src/registry/client.js';
import { plannedImage } from '../../builders/samples.js';
import { known, NOW, verdicts } from './fixtures.js';

const lab = labFromEnvironment();
const repository = `${lab.registry}/baseline-test`;
const foundation = `${repository}/foundation:1`;
const client = createRegistryClient({ credentials: async () => undefined, userAgent: 'image-release-test' });
let folder: string;

async function bake(target: Record<string, object>) {
  const env = { ...process.env, DOCKER_HOST: lab.dockerHost };
  const input = JSON.stringify({ target });
  const args = ['buildx', 'bake', '-f', '-', ...Object.keys(target)];
  const { code, stderr } = await run('docker', args, { cwd: folder, env, input });
  if (code !== 0) throw new Error(stderr.toString());
}

const target = (name: string, lines: string, more: object = {}) => ({
  context: folder,
  'dockerfile-inline': lines,
  tags: [`${repository}/${name}:${name === 'foundation' ? '1' : 'latest'}`],
  output: ['type=image,push=true'],
  ...more,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'real-provenance-test-'));
  await writeFile(join(folder, 'file'), '1');
  await bake({ foundation: target('foundation', 'FROM scratch\nCOPY file /a\n') });
}, 60_000);
afterAll(async () => {
  client.close();
  await rm(folder, { recursive: true, force: true });
});

test('with real BuildKit provenance, reuses two dependent images from one bake until the tag of their base image moves', async () => {
  const published = {
    annotations: [`index:${INPUTS_ANNOTATION}=${NOW}`],
    attest: ['type=provenance,mode=max', `type=sbom,generator=${lab.scanner}`],
  };
  await bake({
    base: target('base', `FROM ${foundation}\nCOPY file /b\n`, published),
    app: target('app', 'FROM base\nCOPY file /c\n', { ...published, contexts: { base: 'target:base' } }),
  });
  const images = ['base', 'app'].map((key) =>
    plannedImage(key, {
      image: `${repository}/${key}`,
      tags: ['main-1', 'latest'],
      releaseTag: 'main-1',
      attest: { provenance: 'max', sbom: { scanner: lab.scanner } },
      ...(key === 'app' && { contexts: { base: 'image:base' } }),
    }),
  );
  const find = async () => {
    const { readings } = await findBaselines({
      client,
      images,
      inputs: { base: known([foundation]), app: known() },
      scope: 'image',
      known: {},
      decodeRecord: () => undefined,
    });
    return images.map(({ key }) => readings[key]!);
  };

  const [base, app] = await find();
  expect([...verdicts(base!), ...verdicts(app!)]).toEqual(['latest whole', 'latest whole']);
  const [[below], [above]] = [base!.candidates, app!.candidates];
  expect(below!.startedAt).toBeLessThan(above!.builtAt!);
  expect(Object.keys(below!.builtOn!)).toContain(`${repository}/foundation`);

  await writeFile(join(folder, 'file'), '2');
  await bake({ foundation: target('foundation', 'FROM scratch\nCOPY file /a\n') });
  const changed = `latest base image ${foundation} changed`;
  expect((await find()).flatMap(verdicts)).toEqual([changed, changed]);
}, 120_000);
