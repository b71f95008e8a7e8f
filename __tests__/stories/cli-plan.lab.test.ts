/** @programs docker kustomize */
import { jest } from '@jest/globals';
import { startFront, type Fault, type Front } from '../registry/fixtures/front.js';
import { openCliSite, type CliSite } from './cli-site.js';
import { viewRepository } from './registry-view.js';
import { lab } from './shop.js';

jest.setTimeout(90_000);

let front: Front;
let site: CliSite;
/** What is published and deployed: both images, from this commit. */
let released: string;
let digest: string | undefined;
/** Two commits later. */
let commit: string;

const tag = () => `main-${released.slice(0, 7)}`;

interface PlannedImage {
  status: string;
  reason: string;
  fingerprint?: string;
  digest?: string;
}
interface PrintedPlan {
  images: Record<'api' | 'web', PlannedImage>;
  warnings: { code: string; image?: string; message: string }[];
  explanation?: {
    fingerprint: string;
    inputs: { name: string; hash: string }[];
    published?: { tag: string; digest: string; differences: object };
  };
}

/** The plan where docker can't be had: it needs none. */
async function plan(...args: string[]): Promise<PrintedPlan> {
  const env = { DOCKER_HOST: 'unix:///nowhere.sock' };
  const { exitCode, stdout, stderr } = await site.cli(['plan', '--json', ...args], { env });
  expect({ exitCode, problems: stderr.match(/"type":"problem".*"severity":"error".*/g) }).toEqual({
    exitCode: 0,
    problems: null,
  });
  return JSON.parse(stdout) as PrintedPlan;
}

beforeAll(async () => {
  front = await startFront(lab.registry);
  site = await openCliSite({ registry: front.host });
  released = await site.git('rev-parse', 'HEAD');
  const { exitCode, stderr } = await site.cli(['release']);
  if (exitCode !== 0) throw new Error(stderr);
  digest = await site.digest('web', tag());
  commit = await site.commit({ 'api/words': `other words of ${site.prefix}\n`, 'api/notes': 'not copied\n' });
});
afterEach(() => front.onRequest(() => undefined));
afterAll(async () => {
  await site?.close();
  await front?.stop();
});

test('says of each image whether it is built, and why', async () => {
  const { exitCode, stdout } = await site.cli(['plan']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^api {2}build: api\/words changed$/m);
  expect(stdout).toContain(`\nweb  unchanged since ${tag()} (2 commits)\n`);
  expect(stdout).toContain(`  tags        main-${commit.slice(0, 7)}, latest\n`);
  expect((await plan()).images.web).toMatchObject({ status: 'unchanged', digest });
});

describe('--explain', () => {
  test('lists the inputs of an image with their hashes, and what is different', async () => {
    const { exitCode, stdout } = await site.cli(['plan', '--explain', 'api']);
    expect(exitCode).toBe(0);
    const apiDigest = await site.digest('api', tag());
    expect(stdout).toContain(`api  build: api/words changed\n  fingerprint  v1:`);
    expect(stdout).toContain(`  published    ${tag()} ${apiDigest}\n`);
    expect(stdout).toContain('  differences\n    ~ file api/words\n\ninputs');
    expect(stdout).toMatch(/^ {2}[0-9a-f]{12} {2}file api\/words$/m);
    expect(stdout).not.toContain('api/notes');
    expect(stdout).toMatch(new RegExp(`\\nbuilt on\\n {2}${lab.baseBusybox} {2}sha256:[0-9a-f]{64}\\n`));
  });

  test('has the same in --json, beside the plan', async () => {
    const { images, explanation } = await plan('--explain', 'web');
    expect(explanation).toMatchObject({
      fingerprint: images.web.fingerprint,
      published: { tag: tag(), digest, differences: { added: [], removed: [], changed: [] } },
    });
    expect(explanation?.inputs).toContainEqual({
      name: 'file web/words',
      hash: expect.stringMatching(/^[0-9a-f]{40,64}$/),
    });
  });

  test('of an image that there is not says what there is', async () => {
    const { exitCode, stderr } = await site.cli(['plan', '--explain', 'wep']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('Did you mean `web`?'),
    });
  });
});

test('--offline asks nobody: fingerprints are known, nothing is compared', async () => {
  front.seen.length = 0;
  front.onRequest(() => ({ cut: true }));
  const { images, warnings } = await plan('--offline');
  const uncompared = {
    status: 'build',
    reason: 'not compared: offline',
    fingerprint: expect.stringMatching(/^v1:/),
  };
  expect(images).toMatchObject({ api: uncompared, web: uncompared });
  expect({ asked: front.seen, warnings }).toEqual({ asked: [], warnings: [] });
});

describe('what a registry that gives no answer leads to', () => {
  test.each<[string, Fault]>([
    ['500', { status: 500 }],
    ['a cut connection', { cut: true }],
  ])('%s: builds, and a warning that says so', async (_, fault) => {
    front.onRequest(({ path }) => (path.includes('/web/') ? fault : undefined));
    const { images, warnings } = await plan();
    expect(images.api.reason).toBe('api/words changed');
    expect(images.web).toMatchObject({ status: 'build', reason: 'what is published could not be read' });
    expect(warnings).not.toEqual([]);
    for (const warning of warnings) {
      expect(warning).toMatchObject({ code: 'registry/baseline-unreadable', image: 'web' });
    }
  });

  test('a release goes on when the registry is itself again: it builds what it could not compare', async () => {
    let pushes = false;
    front.onRequest(({ method, path }) => {
      pushes ||= method === 'POST';
      return !pushes && path.includes('/web/') ? { status: 503 } : undefined;
    });
    const { exitCode, stdout } = await site.cli(['build', '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      images: { web: { status: 'built', reason: 'what is published could not be read' } },
      warnings: [{ code: 'registry/baseline-unreadable', image: 'web' }],
    });
    const [own, latest] = [`main-${commit.slice(0, 7)}`, 'latest'];
    expect(await site.digest('web', own)).not.toBe(digest);
    expect(await site.digest('web', latest)).toBe(await site.digest('web', own));
  });
});

describe('what is built though its files are the same:', () => {
  test.each<[string, Record<string, unknown>, string[], string]>([
    ['what is older than max-age', { 'max-age': '1h' }, [], 'older than max-age (1 hour)'],
    ['--rebuild', {}, ['--rebuild'], 'forced'],
    ['a platform more', {}, ['--platforms', 'linux/amd64,linux/arm64'], 'platform linux/arm64 added'],
    ['an SBOM', { attest: { provenance: 'min', sbom: 'on' } }, [], 'has no SBOM'],
  ])('%s', async (_, over, args, reason) => {
    await site.configure(over);
    const { images, warnings } = await plan(...args);
    expect(images.web.reason).toContain(reason);
    expect(warnings).toEqual([]);
  });

  test('a platform may be given without its operating system', async () => {
    await site.configure({});
    expect((await plan('--platforms', 'arm64')).images.web).toMatchObject({ platforms: ['linux/arm64'] });
  });

  test('max-age builds without cache, and notes when', async () => {
    await site.configure({ 'max-age': '7d' });
    expect((await plan()).images.web).toMatchObject({
      noCache: true,
      annotations: { 'dev.image-release.cold-build': expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/) },
    });
  });

  test('an image that the registry no longer has whole', async () => {
    await site.configure({});
    const view = viewRepository(`${site.prefix}/web`);
    const index = await view.manifest('latest');
    const manifest = await view.manifest(index?.manifests?.[0]?.digest ?? '');
    const layer = manifest?.layers?.at(-1)?.digest ?? '';
    const [host, ...path] = `${site.prefix}/web`.split('/');
    const gone = await fetch(`http://${host}/v2/${path.join('/')}/blobs/${layer}`, { method: 'DELETE' });
    expect(gone.status).toBe(202);
    const { images } = await plan();
    expect(images.web).toMatchObject({
      status: 'build',
      reason: expect.stringContaining('is not in the registry'),
    });
  });
});

test('a lockfile that is older than package.json is an error of a locked install', async () => {
  await site.commit({
    'web/package.json': '{ "dependencies": { "next": "^16.0.0" } }',
    'web/package-lock.json':
      '{ "lockfileVersion": 3, "packages": { "": {}, "node_modules/next": { "version": "15.5.0" } } }',
    'web/Dockerfile': 'FROM node:18\nCOPY package*.json ./\nRUN npm ci --omit=dev\n',
  });
  const { exitCode, stderr } = await site.cli(['plan', 'web'], { env: { DOCKER_HOST: 'unix:///nowhere.sock' } });
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(
    /\[preflight\/lockfile-stale\] web\/Dockerfile:3\n.*next \^16\.0\.0, package-lock\.json has 15\.5\.0/,
  );
  expect(stderr).toMatch(/\[preflight\/node-too-old\] web\/Dockerfile:1\n.*next@\^16\.0\.0 needs node >=20\.9\.0/);
});
