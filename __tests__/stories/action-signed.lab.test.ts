/** @programs docker kustomize */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jobClaims } from '../../testing/fake-sigstore/oidc.js';
import { startFakeSigstore, type FakeSigstore } from '../../testing/fake-sigstore/server.js';
import { runCli, type JobResult } from '../../testing/runner.js';
import { viewRepository } from './registry-view.js';
import { imagesOf, lab, openShop, REPOSITORY, TOKEN, type Shop } from './shop.js';

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const KEYS = ['api', 'web'] as const;

let folder: string;
let sigstore: FakeSigstore;
let shop: Shop;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signed-'));
  sigstore = await startFakeSigstore({ claims: jobClaims({ repository: REPOSITORY }) });
  await writeFile(join(folder, 'authority.pem'), sigstore.authority);
  await writeFile(join(folder, 'trusted-root.jsonl'), sigstore.trustedRoot);
});
afterAll(async () => {
  await sigstore.stop();
  await rm(folder, { recursive: true, force: true });
});

async function open(sign: 'github' | 'cosign'): Promise<void> {
  shop = await openShop({ settings: { attest: { sbom: 'off', provenance: 'min', sign } } });
  const sha = await shop.git('rev-parse', 'HEAD');
  // The fake GitHub is an Enterprise Server, which issues the identity tokens of its workflows.
  sigstore.claims = jobClaims({ repository: REPOSITORY, sha, iss: `${shop.github.url}/_services/token` });
  sigstore.requests.length = 0;
}

/** Environment of a machine that reaches Sigstore through a proxy with a private certificate authority. */
const network = () => ({
  HTTPS_PROXY: sigstore.proxy,
  NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem'),
  IMAGE_RELEASE_TRUSTED_ROOT: join(folder, 'trusted-root.jsonl'),
});
const release = (env: Record<string, string> = sigstore.environment): Promise<JobResult> =>
  shop.job({ env: { ...network(), ...env } });

const verify = (...args: string[]) => runVerify(['--trusted-root', join(folder, 'trusted-root.jsonl'), ...args]);
const runVerify = (args: string[]) =>
  runCli({
    args: ['verify', ...args],
    cwd: shop.dir,
    env: {
      ...network(),
      IMAGE_RELEASE_TRUSTED_ROOT: '',
      GITHUB_TOKEN: TOKEN,
      GITHUB_SERVER_URL: shop.github.url,
      GITHUB_API_URL: shop.github.apiUrl,
      DOCKER_HOST: lab.dockerHost,
    },
  });

const kept = () => shop.github.repository(REPOSITORY).attestations ?? [];

/** The referrers of the image `latest`, from the referrers tag of the OCI distribution specification. */
async function referrersOf(key: string) {
  const view = viewRepository(`${shop.prefix}/${key}`);
  const { digest = '' } = (await view.manifest('latest')) ?? {};
  const list = await view.manifest(digest.replace(':', '-'));
  return { digest, view, referrers: (list?.manifests ?? []) as { digest: string; artifactType?: string }[] };
}

test('one signature covers all images, `verify` prints its workflow, and unchanged images get no new one', async () => {
  await open('github');
  const signed = await release();
  expect(signed.main.exitCode).toBe(0);
  expect(kept()).toHaveLength(1);
  expect(signed.main.log).toContain(`/${REPOSITORY}/attestations/${kept()[0]?.id}`);
  for (const key of KEYS) {
    const { digest, view, referrers } = await referrersOf(key);
    expect(kept()[0]?.digests).toContain(digest);
    expect(referrers).toMatchObject([{ artifactType: BUNDLE }]);
    const [layer] = (await view.manifest(referrers[0]?.digest ?? ''))?.layers ?? [];
    expect(JSON.parse((await view.blob(layer?.digest ?? '')).toString())).toEqual(kept()[0]?.bundle);
  }
  expect(sigstore.requests.map(({ service, instance }) => [service, instance])).toEqual([
    ['oidc', undefined],
    ['fulcio', 'public-good'],
    ['rekor', 'public-good'],
  ]);

  const { exitCode, stdout } = await verify();
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  const workflow = `https://github.com/${REPOSITORY}/.github/workflows/build-push.yml@refs/heads/main`;
  expect(stdout.split('\n').filter((line) => line.trim() === `signed by ${workflow}`)).toHaveLength(2);

  // Without --trusted-root, the roots come from sigstore.dev and GitHub, which can't be reached here.
  const cutOff = await runVerify(['api']);
  expect(cutOff.exitCode).toBe(1);
  expect(cutOff.stdout).toMatch(/signing\/unchecked[^]*tuf-repo-cdn\.sigstore\.dev[^]*--trusted-root/);
  expect(sigstore.tunnels).toContain('tuf-repo-cdn.sigstore.dev:443');

  // The signed images count as complete, so the next run signs nothing.
  await shop.push({ 'README.md': 'Nothing that is in an image.\n' });
  const again = await release();
  expect(imagesOf(again)).toMatchObject({
    api: { status: 'unchanged' },
    web: { status: 'unchanged' },
  });
  expect(kept()).toHaveLength(1);
  await shop.close();
});

test('cosign signs the images instead of GitHub, and `verify` accepts its signatures', async () => {
  await open('cosign');
  const PATH = `${fileURLToPath(new URL('../../testing/fake-cosign', import.meta.url))}:${process.env['PATH']}`;
  expect((await release({ PATH, ...sigstore.environment })).main.exitCode).toBe(0);
  for (const key of KEYS) expect(await shop.tags(key)).toContainEqual(expect.stringMatching(/^sha256-.*\.sig$/));
  expect(sigstore.requests).toEqual([]);
  const { exitCode, stdout } = await runCli({
    args: ['verify'],
    cwd: shop.dir,
    env: { PATH, GITHUB_SERVER_URL: shop.github.url },
  });
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  expect(stdout).toContain(`signed by a workflow of ${REPOSITORY}`);
  await shop.close();
});
