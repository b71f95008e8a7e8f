/** @programs docker kustomize */
import { startFront, type Front } from '../registry/fixtures/front.js';
import { openCliSite, type CliSite } from './cli-site.js';
import { shareProcess, type SharedProcess } from './shared-process.js';
import { lab } from './shop.js';

let front: Front;
let site: CliSite;
let shared: SharedProcess;
/** The commit from which both images are published and deployed. */
let released: string;
let digest: string | undefined;
/** Two commits after `released`. */
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

/** Runs `plan` without Docker, which it doesn't need. */
async function plan(...args: string[]): Promise<PrintedPlan> {
  const env = { DOCKER_HOST: 'unix:///nowhere.sock' };
  const { exitCode, stdout, stderr } = await shared.cli(['plan', '--json', ...args], { env });
  expect({ exitCode, problems: stderr.match(/"type":"problem".*"severity":"error".*/g) }).toEqual({
    exitCode: 0,
    problems: null,
  });
  return JSON.parse(stdout) as PrintedPlan;
}

beforeAll(async () => {
  front = await startFront(lab.registry);
  site = await openCliSite({ registry: front.host });
  shared = shareProcess(site);
  released = await site.git('rev-parse', 'HEAD');
  const { exitCode, stderr } = await shared.cli(['release']);
  if (exitCode !== 0) throw new Error(stderr);
  digest = await site.digest('web', tag());
  commit = await site.commit({ 'api/words': `other words of ${site.prefix}\n`, 'api/notes': 'not copied\n' });
});
afterEach(() => front.onRequest(() => undefined));
afterAll(async () => {
  shared?.end();
  await site?.close();
  await front?.stop();
});

test('plan prints for each image whether a release builds it, and why', async () => {
  const { exitCode, stdout } = await shared.cli(['plan']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^api {2}build: api\/words changed$/m);
  expect(stdout).toContain(`\nweb  unchanged since ${tag()} (2 commits)\n`);
  expect(stdout).toContain(`  tags        main-${commit.slice(0, 7)}, latest\n`);
  expect((await plan()).images.web).toMatchObject({ status: 'unchanged', digest });
});

describe('--explain', () => {
  test('lists the fingerprint inputs with hashes, and the differences from the published image', async () => {
    const { exitCode, stdout } = await shared.cli(['plan', '--explain', 'api']);
    expect(exitCode).toBe(0);
    const apiDigest = await site.digest('api', tag());
    expect(stdout).toContain(`api  build: api/words changed\n  fingerprint  v1:`);
    expect(stdout).toContain(`  published    ${tag()} ${apiDigest}\n`);
    expect(stdout).toContain('  differences\n    ~ file api/words\n\ninputs');
    expect(stdout).toMatch(/^ {2}[0-9a-f]{12} {2}file api\/words$/m);
    expect(stdout).not.toContain('api/notes');
    expect(stdout).toMatch(new RegExp(`\\nbuilt on\\n {2}${lab.baseBusybox} {2}sha256:[0-9a-f]{64}\\n`));
  });

  test('adds the explanation to the plan with --json', async () => {
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
});

test('--offline sends no request: it computes fingerprints and compares nothing', async () => {
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

describe('if the published image is unreadable', () => {
  test('plan marks the image for a build and warns', async () => {
    front.onRequest(({ path }) => (path.includes('/web/') ? { cut: true } : undefined));
    const { images, warnings } = await plan();
    expect(images.api.reason).toBe('api/words changed');
    expect(images.web).toMatchObject({ status: 'build', reason: 'what is published could not be read' });
    expect(warnings).not.toEqual([]);
    for (const warning of warnings) {
      expect(warning).toMatchObject({ code: 'registry/baseline-unreadable', image: 'web' });
    }
  });

  test('build warns, rebuilds the image and publishes it once the registry recovers', async () => {
    let pushes = false;
    front.onRequest(({ method, path }) => {
      pushes ||= method === 'POST';
      return !pushes && path.includes('/web/') ? { status: 503 } : undefined;
    });
    const { exitCode, stdout } = await shared.cli(['build', '--json']);
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

test('plan gives a missing SBOM or an added platform as reason to rebuild an image with the same files', async () => {
  await site.configure({ attest: { provenance: 'min', sbom: 'on' } });
  expect((await plan()).images.web.reason).toContain('has no SBOM');
  await site.configure({});
  const { images } = await plan('--platforms', 'amd64,arm64');
  expect(images.web).toMatchObject({
    reason: expect.stringContaining('platform linux/arm64 added'),
    platforms: ['linux/amd64', 'linux/arm64'],
  });
});
