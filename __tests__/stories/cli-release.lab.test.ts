/** @programs docker kustomize */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jest } from '@jest/globals';
import { run } from '../../src/lib/process.js';
import { openCliSite, type CliSite } from './cli-site.js';

jest.setTimeout(60_000);

let site: CliSite;
let commit: string;
beforeAll(async () => {
  site = await openCliSite();
});
afterEach(async () => {
  expect(await site.traces()).toMatchObject({ temp: [], builders: [], status: '' });
});
afterAll(() => site.close());

const change = async () => {
  commit = await site.commit({ 'api/words': `${Math.random()}\n` });
};
const tag = () => `main-${commit.slice(0, 7)}`;

describe('release', () => {
  let head: string;

  test('publishes both images and commits exactly their tag lines to the origin', async () => {
    await change();
    const { exitCode, stdout, stderr } = await site.cli(['release']);
    expect({ exitCode, stderr: stderr.match(/^error.*/gm) }).toEqual({ exitCode: 0, stderr: null });
    for (const key of ['api', 'web']) {
      expect(await site.tags(key)).toEqual(expect.arrayContaining(['latest', tag()]));
      expect(await site.digest(key, tag())).toBe(await site.digest(key, 'latest'));
      expect(stdout).toContain(`    ${await site.digest(key, tag())}\n`);
    }
    expect(await site.changedLines(commit)).toEqual([
      '-    newTag: main-0000000',
      `+    newTag: ${tag()}`,
      "-    newTag: 'main-0000000'   # shows",
      `+    newTag: '${tag()}'   # shows`,
    ]);
    expect(stdout).toContain('✓ Published and deployed api and web.');
    ({ head } = await site.traces());
  });

  test('once more from the same commit builds nothing and has nothing to deploy, and says so', async () => {
    const { exitCode, stdout } = await site.cli(['release']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('✓ Nothing to do: api and web did not change.');
    expect(stdout).toContain('k8s/kustomization.yml on main already names these images');
    expect((await site.traces()).head).toBe(head);
  });

  test('what the Kustomization names after it can be pulled', async () => {
    expect(await site.docker('images', '--quiet', `${site.prefix}/*`)).toBe('');
    await site.git('pull', '--quiet', '--rebase', 'origin', 'main');
    const named = /newTag: (\S+)/.exec(await site.read('k8s/kustomization.yml'))![1]!;
    const image = `${site.prefix}/api:${named}`;
    await site.docker('pull', '--quiet', image);
    const said = await site.docker('run', '--rm', '--network=none', image, 'cat', '/said');
    expect(`${said}\n`).toBe(await site.read('api/words'));
  });
});

describe('release', () => {
  beforeEach(change);

  test('of one image leaves the other alone', async () => {
    const before = await site.tags('web');
    const { exitCode, stderr } = await site.cli(['release', 'api']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringMatching(/^error/m) });
    expect(await site.tags('api')).toContain(tag());
    expect(await site.tags('web')).toEqual(before);
    const lines = await site.changedLines(commit);
    expect(lines).toEqual([expect.stringMatching(/^-/), `+    newTag: ${tag()}`]);
  });

  test('--json prints one JSON document on stdout, and events on stderr', async () => {
    const { stdout, stderr } = await site.cli(['release', '--json']);
    const { head } = await site.traces();
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: { status: 'released' },
      images: {
        api: {
          image: `${site.prefix}/api`,
          digest: await site.digest('api', tag()),
          tags: [tag(), 'latest'],
          releaseTag: tag(),
          ref: `${site.prefix}/api:${tag()}@${await site.digest('api', tag())}`,
          status: 'built',
          platforms: [expect.stringMatching(/^linux\//)],
        },
        web: { status: 'unchanged', builtFrom: expect.stringMatching(/^[0-9a-f]{40}$/) },
      },
      deployments: [{ status: 'committed', kustomization: 'k8s/kustomization.yml', branch: 'main', commit: head }],
      warnings: [],
    });
    expect(stderr).toContain('COPY words /said');
  });

  test('--json tells a failure on stdout, too', async () => {
    const { exitCode, stdout } = await site.cli(['release', '--json', 'apu']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: { status: 'failed', problems: [{ code: 'input/invalid', fix: 'Did you mean `api`?' }] },
    });
  });

  test('from another branch publishes and says why it does not roll out; warns of changes that the commit does not hold', async () => {
    await site.git('switch', '--quiet', '--create', 'feature/x');
    await run('sh', ['-c', 'echo changed > api/words'], { cwd: site.dir, env: process.env });
    const { head } = await site.traces();
    const { exitCode, stdout } = await site.cli(['release', 'api']);
    await site.git('checkout', '--quiet', 'api/words');
    await site.git('switch', '--quiet', 'main');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^warning \[preflight\/uncommitted-changes\] .*api\/words/m);
    expect(stdout).toMatch(/k8s: not deployed, branch feature\/x does not deploy \(main does\)/);
    expect(await site.tags('api')).toContain(`feature-x-${commit.slice(0, 7)}`);
    expect((await site.traces()).head).toBe(head);
  });
});

test('build publishes the image asked for and rolls nothing out', async () => {
  await change();
  const { head } = await site.traces();
  const { exitCode, stdout } = await site.cli(['build', 'api']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('✓ Published api.');
  expect(await site.tags('api')).toContain(tag());
  expect(await site.tags('web')).not.toContain(tag());
  expect((await site.traces()).head).toBe(head);
});

test('build --push false pushes nothing', async () => {
  await change();
  const before = await site.traces();
  const { exitCode, stdout } = await site.cli(['build', '--push', 'false']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^ {2}not pushed: push is off for this run\n✓ Built api without pushing\. web did not change\./,
  );
  expect(await site.traces()).toEqual(before);
});

test.each([
  ['release --dry-run', ['release', '--dry-run']],
  ['build --dry-run', ['build', 'api', '--dry-run']],
  ['plan', ['plan']],
])('%s shows what would be done and does nothing, in a pipe without colours', async (_, args) => {
  const before = await site.traces();
  const { exitCode, stdout } = await site.cli(args);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`tags        ${tag()}, latest`);
  expect(await site.traces()).toEqual(before);
  const checked = args.includes('--dry-run');
  expect(stdout.includes('✓ Dry run: ')).toBe(checked);
  expect(stdout).not.toContain('\u001b');
});

test('plan --json gives every decision, by image key', async () => {
  const { stdout } = await site.cli(['plan', '--json', '--platforms', 'linux/amd64,linux/arm64']);
  const planned = {
    image: `${site.prefix}/api`,
    status: 'build',
    tags: [tag(), 'latest'],
    releaseTag: tag(),
    context: 'api',
    dockerfile: 'api/Dockerfile',
    platforms: ['linux/amd64', 'linux/arm64'],
    attest: { provenance: 'min', sbom: 'off' },
    labels: { 'org.opencontainers.image.revision': commit },
  };
  expect(JSON.parse(stdout)).toMatchObject({
    source: { commit, ref: { type: 'branch', name: 'main' }, defaultBranch: 'main' },
    publish: { mode: 'push' },
    images: {
      api: { ...planned, reason: 'api/words changed, platform linux/arm64 added' },
      web: {
        ...planned,
        reason: 'platform linux/arm64 added',
        image: `${site.prefix}/web`,
        context: 'web',
        dockerfile: 'web/Dockerfile',
      },
    },
    deploy: [{ kustomization: 'k8s', pin: 'tag', status: 'deploy', branch: 'main', images: ['api', 'web'] }],
    warnings: [],
  });
});

test('-C runs elsewhere, also from a folder inside the work tree, and --config reads another file', async () => {
  const other = { registry: site.prefix, images: { only: { context: 'web' } } };
  await site.commit({ 'ci/other.yml': JSON.stringify(other) });
  const args = ['-C', join(site.dir, 'api'), 'plan', '--config', '../ci/other.yml', '--json'];
  const { stdout } = await site.cli(args, { cwd: '/' });
  expect(Object.keys((JSON.parse(stdout) as { images: object }).images)).toEqual(['only']);
});

describe('colours', () => {
  /** On a terminal, as script(1) makes one. */
  async function onTerminal(env: Record<string, string>): Promise<string> {
    const bundle = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url));
    const command = `'${process.execPath}' '${bundle}' -C '${site.dir}' plan`;
    const { stdout } = await run('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      env: { PATH: process.env['PATH'], HOME: site.home, TMPDIR: site.temp, ...env },
    });
    return stdout.toString();
  }

  test('are used on a terminal', async () => {
    expect(await onTerminal({})).toContain('\u001b[1mapi\u001b[0m  build');
  });

  test('are left out with NO_COLOR', async () => {
    expect(await onTerminal({ NO_COLOR: '1' })).toMatch(/^api {2}build/m);
  });
});
