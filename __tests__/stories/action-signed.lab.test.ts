/** @programs docker kustomize */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { jobClaims } from '../../testing/fake-sigstore/oidc.js';
import { startFakeSigstore, type FakeSigstore } from '../../testing/fake-sigstore/server.js';
import { runCli, type JobResult } from '../../testing/runner.js';
import { viewRepository } from './registry-view.js';
import { lab, openShop, REPOSITORY, TOKEN, type Shop } from './shop.js';

jest.setTimeout(120_000);

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
  // An Enterprise Server, as which this GitHub appears, vouches for its own workflows.
  sigstore.claims = jobClaims({ repository: REPOSITORY, sha, iss: `${shop.github.url}/_services/token` });
  sigstore.requests.length = 0;
}

/** What a machine has that reaches Sigstore through a proxy with an authority of its own. */
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
const tagsOf = (key: string) => viewRepository(`${shop.prefix}/${key}`).tags();

/** The referrers of what `latest` names, as the tag schema of OCI's distribution specification lists them. */
async function referrersOf(key: string) {
  const view = viewRepository(`${shop.prefix}/${key}`);
  const { digest = '' } = (await view.manifest('latest')) ?? {};
  const list = await view.manifest(digest.replace(':', '-'));
  return { digest, view, referrers: (list?.manifests ?? []) as { digest: string; artifactType?: string }[] };
}

describe('a release that GitHub signs', () => {
  let signed: JobResult;
  beforeAll(() => open('github'));
  afterAll(() => shop.close());

  test('a job that may not prove who it is is told so, and pushes nothing', async () => {
    const { main } = await release({});
    expect(main.exitCode).toBe(1);
    expect(main.log).toContain('preflight/cannot-sign');
    expect(main.log).toContain('id-token: write');
    for (const key of KEYS) expect(await tagsOf(key)).toEqual([]);
    expect(shop.github.requests.filter(({ path }) => path.endsWith('/attestations'))).toEqual([]);
  });

  test('without a certificate nothing is deployed, and no tag that anybody follows is moved', async () => {
    const before = await shop.origin('rev-parse', 'main');
    sigstore.faults.push({ on: 'fulcio', answer: 503, times: 4 });
    const { main } = await release();
    expect(main.exitCode).toBe(1);
    expect(main.log).toMatch(/signing\/unavailable[^]*Fulcio \(fulcio\.sigstore\.dev\)/);
    for (const key of KEYS) expect(await tagsOf(key)).not.toContain('latest');
    expect(await shop.origin('rev-parse', 'main')).toBe(before);
    expect(kept()).toEqual([]);

    // The images of the failed run are there, and are no release: they have no signature.
    sigstore.requests.length = 0;
    signed = await release();
    expect(signed.main.exitCode).toBe(0);
    expect(kept()).toHaveLength(1);
  });

  test('a release is signed once for all its images, and who verifies it sees which workflow made them', async () => {
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

    // Only sigstore.dev and GitHub can say what they are verified against, and here nobody gets through to them.
    const cutOff = await runVerify(['api']);
    expect(cutOff.exitCode).toBe(1);
    expect(cutOff.stdout).toMatch(/signing\/unchecked[^]*tuf-repo-cdn\.sigstore\.dev[^]*--trusted-root/);
    expect(sigstore.tunnels).toContain('tuf-repo-cdn.sigstore.dev:443');

    // What is published is whole with its signature: the next run has nothing to do, and nothing to sign.
    await shop.push({ 'README.md': 'Nothing that is in an image.\n' });
    const again = await release();
    expect(JSON.parse(again.main.outputs['images'] ?? '{}')).toMatchObject({
      api: { status: 'unchanged' },
      web: { status: 'unchanged' },
    });
    expect(kept()).toHaveLength(1);
  });
});

describe('signatures in the registry', () => {
  beforeAll(async () => {
    await open('github');
    sigstore.claims = { ...sigstore.claims, repository: 'mallory/app' };
    expect((await release()).main.exitCode).toBe(0);
  });
  afterAll(() => shop.close());

  test('a signature that does not hold, or is somebody else’s, is told by verify', async () => {
    const other = await verify('api');
    expect(other.exitCode).toBe(1);
    expect(other.stdout).toMatch(/signing\/invalid[^]*a workflow of mallory\/app signed it, not one of acme\/app/);

    const { digest, view, referrers } = await referrersOf('web');
    await tamper(`${shop.prefix}/web`, digest, view, referrers[0]?.digest ?? '');
    const tampered = await verify('web');
    expect(tampered.exitCode).toBe(1);
    expect(tampered.stdout).toMatch(/signing\/invalid[^]*No signature of \S+web@sha256:\w+ is valid/);
  });

  test('an image without the signature that is asked for is told by verify, and only then', async () => {
    const { digest } = await referrersOf('api');
    await removeTag(`${shop.prefix}/api`, digest.replace(':', '-'));
    kept().length = 0;
    const { exitCode, stdout } = await verify('api');
    expect(exitCode).toBe(1);
    expect(stdout).toContain('signing/missing');
    await shop.push({
      'image-release.yml': (await shop.git('show', 'HEAD:image-release.yml')).replace('"github"', '"off"'),
    });
    const silent = await verify('api');
    expect({ exitCode: silent.exitCode, says: silent.stdout.includes('sign') }).toEqual({
      exitCode: 0,
      says: false,
    });
  });
});

test('cosign signs in place of GitHub, and verify asks it', async () => {
  await open('cosign');
  const PATH = `${fileURLToPath(new URL('../../testing/fake-cosign', import.meta.url))}:${process.env['PATH']}`;
  expect((await release({ PATH, ...sigstore.environment })).main.exitCode).toBe(0);
  for (const key of KEYS) expect(await tagsOf(key)).toContainEqual(expect.stringMatching(/^sha256-.*\.sig$/));
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

async function removeTag(image: string, tag: string): Promise<void> {
  const [host = '', ...path] = image.split('/');
  const list = await viewRepository(image).manifest(tag);
  const url = `http://${host}/v2/${path.join('/')}/manifests/${list?.digest}`;
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(202);
}

/** Puts another statement into the bundle beside an image, under the signature that was made of the first. */
async function tamper(
  image: string,
  digest: string,
  view: ReturnType<typeof viewRepository>,
  referrer: string,
): Promise<void> {
  const manifest = (await view.manifest(referrer)) as unknown as Record<string, unknown>;
  const [layer] = manifest['layers'] as { digest: string }[];
  const bundle = JSON.parse((await view.blob(layer?.digest ?? '')).toString()) as {
    dsseEnvelope: { payload: string };
  };
  const statement = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
  const forged = statement.replaceAll('mallory/app', REPOSITORY);
  bundle.dsseEnvelope.payload = Buffer.from(forged).toString('base64');
  const [host = '', ...path] = image.split('/');
  const base = `http://${host}/v2/${path.join('/')}`;
  const put = async (resource: string, body: string, type: string) => {
    const answer = await fetch(`${base}/${resource}`, {
      method: 'PUT',
      body,
      headers: { 'content-type': type },
    });
    if (!answer.ok) throw new Error(`${resource}: ${answer.status} ${await answer.text()}`);
    return answer.headers.get('docker-content-digest') ?? '';
  };
  const text = JSON.stringify(bundle);
  const started = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const upload = new URL(started.headers.get('location') ?? '', base);
  const hash = `sha256:${(await import('node:crypto')).createHash('sha256').update(text).digest('hex')}`;
  upload.searchParams.set('digest', hash);
  await fetch(upload, { method: 'PUT', body: text, headers: { 'content-type': 'application/octet-stream' } });
  const { digest: _, ...own } = manifest;
  const media = 'application/vnd.oci.image.manifest.v1+json';
  const layers = [{ ...layer, digest: hash, size: Buffer.byteLength(text) }];
  const next = JSON.stringify({ ...own, layers });
  const name = `sha256:${(await import('node:crypto')).createHash('sha256').update(next).digest('hex')}`;
  await put(`manifests/${name}`, next, media);
  const entry = { mediaType: media, digest: name, size: Buffer.byteLength(next), artifactType: BUNDLE };
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [entry],
  };
  await put(`manifests/${digest.replace(':', '-')}`, JSON.stringify(index), index.mediaType);
}
