/** @programs docker */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../../testing/acme.js';
import { startFakeActionsCache } from '../../testing/fake-actions-cache/server.js';
import { run } from '../../src/lib/process.js';
import type { ExpectedImage } from '../../src/registry/check.js';
import { createRegistryClient } from '../../src/registry/client.js';
import { verifyImage } from '../../src/registry/verify.js';
import type { ImageOutput } from '../../src/report/outputs.js';
import { findNewerPrograms, openNewerDocker, type NewerDockerStage } from './newer-docker-stage.js';
import { viewRepository } from './registry-view.js';
import { dockerfile, lab, openShop, type Shop } from './shop.js';

const found = await findNewerPrograms();

const KEYS = ['api', 'web'] as const;
const SECRET = 'pretend-this-opens-the-vault';
const BROKEN_STEP = 'RUN echo no more paper >&2 && false';

const [story, why] = found.status === 'here' ? [describe, ''] : [describe.skip, ` (unavailable: ${found.reason})`];

story(`with a newer Docker than the installed one${why}`, () => {
  let stage: NewerDockerStage;
  let env: NewerDockerStage['env'];

  beforeAll(async () => {
    if (found.status !== 'here') return;
    stage = await openNewerDocker(found.programs);
    env = stage.env;
  });
  afterAll(() => stage?.close());

  describe('a push with build contexts, secrets, annotations and attestations', () => {
    let shop: Shop;
    let tag: string;
    let images: Record<string, ImageOutput>;

    beforeAll(async () => {
      const secretFile = join(stage.folder, 'token');
      await writeFile(secretFile, SECRET);
      shop = await openShop({
        settings: { attest: { provenance: 'max', sbom: 'on', scanner: lab.scanner } },
        images: {
          api: {
            contexts: { busybox: `docker-image://${lab.baseBusybox}`, prices: 'shared' },
            secrets: { token: { file: secretFile }, other: { env: 'OTHER_TOKEN' } },
            annotations: { 'org.opencontainers.image.vendor': 'Acme' },
          },
        },
        files: {
          'shared/prices': 'bread 3\n',
          'api/Dockerfile': [
            'FROM busybox',
            'COPY greeting /greeting',
            'COPY --from=prices prices /prices',
            'RUN --mount=type=secret,id=token --mount=type=secret,id=other \\',
            '  test -s /run/secrets/token && cmp /run/secrets/token /run/secrets/other',
            '',
          ].join('\n'),
        },
      });
      const { main, leftovers } = await shop.job({
        env: { ...env, OTHER_TOKEN: SECRET },
        secrets: [SECRET],
      });
      expectEnd(main, 0);
      expect(leftovers).toEqual([]);
      expect(main.stdout.replaceAll(`::add-mask::${SECRET}`, '') + main.stderr + main.summary).not.toContain(SECRET);
      tag = `main-${(await shop.git('rev-parse', '--short=7', 'HEAD')).trim()}`;
      images = JSON.parse(main.outputs['images'] ?? '{}') as typeof images;
    });
    afterAll(() => shop?.close());

    test.each(KEYS)('%s has tags, revision, and attestations for its platform, but no secret', async (key) => {
      const view = viewRepository(`${shop.prefix}/${key}`);
      expect(await view.tags()).toEqual(['latest', tag]);
      const index = await view.manifest(tag);
      expect(index?.digest).toBe(images[key]?.digest);
      const [platform, ...others] = (index?.manifests ?? []).filter((entry) => entry.platform?.os === 'linux');
      expect(others).toEqual([]);
      const statements = await view.statements(tag);
      expect(statements.map(({ statement }) => statement.predicateType).sort()).toEqual([
        expect.stringMatching(/^https:\/\/slsa\.dev\/provenance\/v(0\.2|1)$/),
        'https://spdx.dev/Document',
      ]);
      for (const { of, statement } of statements) {
        expect(of).toBe(platform?.digest);
        expect(statement.subject.map(({ digest }) => `sha256:${digest.sha256}`)).toEqual([of]);
      }
      expect(images[key]).toMatchObject({
        platforms: [expect.stringMatching(/^linux\//)],
        sbom: [expect.stringMatching(/^sha256:/)],
        provenance: [expect.stringMatching(/^sha256:/)],
      });
      expect(await view.everything(tag)).not.toContain(SECRET);
      const revision = await shop.git('rev-parse', 'HEAD');
      for (const document of [index, await view.manifest(index?.manifests?.[0]?.digest ?? '')])
        expect(document?.annotations).toMatchObject({ 'org.opencontainers.image.revision': revision });
    });

    // BuildKit defaults: SLSA v1 since 0.28, attestations as OCI artifacts since 0.32.
    test.each([
      { mode: 'min', artifact: false },
      { mode: 'max', artifact: true },
    ] as const)('verifies SLSA v1 and its mode $mode, OCI artifact: $artifact', async ({ mode, artifact }) => {
      const image = `${shop.prefix}/forms`;
      const metadata = join(stage.folder, 'metadata.json');
      const output = `type=image,name=${image}:${mode},push=true,oci-mediatypes=true,oci-artifact=${artifact}`;
      await stage.docker([
        ...['buildx', 'build', `--output=${output}`, `--metadata-file=${metadata}`],
        ...[`--provenance=version=v1,mode=${mode}`, `--sbom=generator=${lab.scanner}`],
        ...['--build-context', `busybox=docker-image://${lab.baseBusybox}`, join(shop.dir, 'web')],
      ]);
      const { 'containerimage.digest': digest } = JSON.parse(await readFile(metadata, 'utf8')) as {
        'containerimage.digest': string;
      };
      const client = createRegistryClient({
        credentials: async () => undefined,
        userAgent: 'newer-docker-test',
      });
      const expected: ExpectedImage = { platforms: [], provenance: mode, sbom: 'on' };
      const verify = (over: object) =>
        verifyImage({ client, key: 'forms', image, digest, expected: { ...expected, ...over } });
      expect(await verify({})).toMatchObject({
        status: 'sound',
        platforms: [
          {
            sbom: { predicateType: 'https://spdx.dev/Document' },
            provenance: {
              predicateType: 'https://slsa.dev/provenance/v1',
              source: `${shop.github.url}/acme/app`,
              revision: await shop.git('rev-parse', 'HEAD'),
            },
          },
        ],
      });
      expect((await verify({ provenance: 'max' })).status).toBe(mode === 'max' ? 'sound' : 'unsound');
      client.close();
    });

    test('a newer kustomize renders the deployed images, and the newer Docker runs one of them', async () => {
      await git(stage.folder, ['clone', '--quiet', shop.bare, 'rolled-out']);
      const { stdout } = await run('kustomize', ['build', join(stage.folder, 'rolled-out/k8s')], { env });
      const rendered = [...stdout.toString().matchAll(/image: (\S+)/g)].map(([, image]) => image);
      expect(rendered.sort()).toEqual(KEYS.map((key) => `${shop.prefix}/${key}:${tag}`));
      expect(await stage.docker(['run', '--rm', '--network=none', rendered[0]!, 'cat', '/prices'])).toBe('bread 3\n');
    });
  });

  describe('in Actions', () => {
    let shop: Shop;
    beforeEach(async () => (shop = await openShop()));
    afterEach(() => shop?.close());

    test('a failing build annotates the Dockerfile line, and creates no tag and no deploy commit', async () => {
      const commit = await shop.push({
        'web/Dockerfile': dockerfile(BROKEN_STEP),
      });
      const { main, leftovers } = await shop.job({ env });
      expect(main.exitCode).toBe(1);
      expect(main.annotations).toMatchObject([{ level: 'error', file: 'web/Dockerfile', line: 2 }]);
      expect(main.annotations[0]?.message).toContain('no more paper');
      expect(await viewRepository(`${shop.prefix}/web`).tags()).toEqual([]);
      expect(await shop.origin('rev-parse', 'main')).toBe(commit);
      expect(leftovers).toEqual([]);
    });

    test('a read-only run reuses the cache of the previous run over protocol v2, separately per image', async () => {
      const cache = await startFakeActionsCache();
      await shop.close();
      shop = await openShop({ settings: { cache: 'gha' } });
      const job = (readOnly: boolean, inputs: Record<string, string> = {}) =>
        shop.job({
          inputs,
          env: { ...env, ...cache.environment({ version: 'v2', ref: 'refs/heads/main', readOnly }) },
        });
      try {
        const first = await job(false);
        expectEnd(first.main, 0);
        const keys = cache.store.entries.map(({ key }) => key);
        for (const key of KEYS) {
          expect(keys.some((entry) => entry.startsWith(`index-image-release-${key}-`))).toBe(true);
        }
        await stage.docker(['buildx', 'prune', '--force', '--all']);
        cache.requests.length = 0;
        // A read-only run: the cache can't be saved, but the release succeeds.
        await shop.push({ 'web/page': `new ${shop.prefix}\n` });
        const { main } = await job(true, { rebuild: 'true' });
        expectEnd(main, 0);
        expect(main.log).toMatch(/The build cache .*was not saved/);
        expect(main.summary).toMatch(/\*\*api\*\*.*2 of 2 steps cached/);
        expect(main.summary).toMatch(/\*\*web\*\*.*0 of 2 steps cached/);
        expect(new Set(cache.requests.map(({ version }) => version))).toEqual(new Set(['v2']));
        expect(cache.requests).toContainEqual(expect.objectContaining({ operation: 'download', status: 200 }));
      } finally {
        await cache.stop();
      }
    });
  });
});

/** @throws Error with the log if the exit code differs */
function expectEnd({ exitCode, log }: { exitCode: number; log: string }, expected: number): void {
  if (exitCode !== expected) throw new Error(`exit code ${exitCode} instead of ${expected}\n${log}`);
}
