/** @programs docker kustomize */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { git } from '../../testing/acme.js';
import { runCli } from '../../testing/runner.js';
import { run } from '../../src/lib/process.js';
import { ROOT } from '../repository/repository-files.js';
import { viewRepository } from './registry-view.js';
import { lab, newName } from './shop.js';

let base: string;
/** Folder of the program `image-release`. */
let bin: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'init-'));
  bin = join(base, 'bin');
  await mkdir(bin);
  const program = `#!/bin/sh\nexec node '${join(ROOT, 'dist/cli/index.js')}' "$@"\n`;
  await writeFile(join(bin, 'image-release'), program, { mode: 0o755 });
});
afterAll(() => rm(base, { recursive: true, force: true }));

interface Beginner {
  dir: string;
  bare: string;
  /** `127.0.0.1:PORT/…`, unique to this repository. */
  prefix: string;
  /** Runs a line in a shell. */
  type(line: string): Promise<{ code: number | null; output: string }>;
  /** Output of `kustomize build` for the origin's main. */
  build(folder: string): Promise<string>;
}

async function writeAll(dir: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
}

/** A repository that doesn't use image-release yet, pushed to a local origin. */
async function begin(filesOf: (prefix: string) => Record<string, string>): Promise<Beginner> {
  const home = join(base, newName('home'));
  const [dir, bare] = [join(home, 'shop'), join(home, 'shop.git')];
  const prefix = `${lab.registry}/${newName('init')}`;
  await writeAll(dir, filesOf(prefix));
  await git(home, ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  await git(dir, ['init', '--quiet', '--initial-branch=main']);
  for (const [key, value] of Object.entries({ 'user.name': 'Acme', 'user.email': 'dev@acme.example' }))
    await git(dir, ['config', key, value]);
  await git(dir, ['remote', 'add', 'origin', bare]);
  await git(dir, ['add', '--all']);
  await git(dir, ['commit', '--quiet', '--message', 'Begin']);
  await git(dir, ['push', '--quiet', '--set-upstream', 'origin', 'main']);
  const env = { PATH: `${bin}:${process.env['PATH']}`, HOME: home, DOCKER_HOST: lab.dockerHost };
  return {
    dir,
    bare,
    prefix,
    async type(line) {
      const { code, stdout, stderr } = await run('sh', ['-c', line], { cwd: dir, env });
      return { code, output: code === 0 ? stdout.toString() : `${stdout.toString()}${stderr.toString()}` };
    },
    async build(folder) {
      const clone = join(home, newName('clone'));
      await git(home, ['clone', '--quiet', bare, clone]);
      const { code, stdout, stderr } = await run('kustomize', ['build', join(clone, folder)], { env });
      if (code !== 0) throw new Error(stderr.toString());
      return stdout.toString();
    },
  };
}

const FIRST = 'image-release init --yes && image-release release';

const dockerfile = (file: string) => `FROM scratch\nCOPY ${file} /${file}\nUSER 1000\n`;
const deployment = (name: string, image: string) =>
  `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - { name: ${name}, image: '${image}', readinessProbe: { tcpSocket: { port: 80 } } }
`;

/** Expects the registry to have each image under the commit's tag, and the origin's main to deploy this tag. */
async function expectReleased(site: Beginner, folder: string, images: string[]): Promise<void> {
  const tag = `main-${(await git(site.dir, ['rev-parse', '--short=7', 'HEAD'])).trim()}`;
  const built = await site.build(folder);
  for (const image of images) {
    expect(await viewRepository(image).tags()).toContain(tag);
    expect(built).toContain(`image: ${image}:${tag}`);
  }
}

test('init and release publish and deploy a new repository with two Dockerfiles and a Kustomization', async () => {
  const site = await begin((prefix) => ({
    'api/Dockerfile': dockerfile('server.js'),
    'api/server.js': 'console.log("api");\n',
    'web/Dockerfile': dockerfile('index.html'),
    'web/index.html': '<h1>Shop</h1>\n',
    'k8s/kustomization.yml': 'resources: [api.yml, web.yml]\n',
    'k8s/api.yml': deployment('api', `${prefix}/api:latest`),
    'k8s/web.yml': deployment('web', `${prefix}/web:latest`),
  }));
  const files = await site.type('git ls-files');
  const { code, output } = await site.type(FIRST);
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  await expectReleased(
    site,
    'k8s',
    ['api', 'web'].map((key) => `${site.prefix}/${key}`),
  );
  const again = await site.type('git pull --quiet --rebase && image-release release');
  expect(again.output).toContain('Nothing to do: api and web did not change.');
  await keepTranscript(site, [
    ['git ls-files', files.output],
    [FIRST, output],
  ]);
});

test('the first release adds a missing entry to an overlay, and changes one line of the existing one', async () => {
  const site = await begin((prefix) => ({
    'Dockerfile.api': dockerfile('api.js'),
    'api.js': '1\n',
    'worker/Dockerfile': dockerfile('job.js'),
    'worker/job.js': '2\n',
    'deploy/base/kustomization.yaml': 'resources: [all.yaml]\n',
    'deploy/base/all.yaml': `${deployment('api', 'api')}---\n${deployment('worker', 'worker:dev')}`,
    'deploy/overlays/production/kustomization.yaml': `resources: [../../base]
images:
  - { name: worker, newName: ${prefix}/worker, newTag: v1 } # the queue
`,
  }));
  const { code, output } = await site.type(FIRST);
  expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
  const names = ['api', 'worker'].map((name) => `${site.prefix}/${name}`);
  await expectReleased(site, 'deploy/overlays/production', names);
  const changed = await git(site.bare, ['diff', '--numstat', 'main~1', 'main']);
  expect(changed.trim()).toBe('2\t1\tdeploy/overlays/production/kustomization.yaml');
});

describe('init --dry-run', () => {
  const files = { 'api/Dockerfile': dockerfile('a'), 'api/a': '1\n' };
  const init = (dir: string, ...args: string[]) => runCli({ args: ['init', ...args], cwd: dir });
  /** Commits the files in a repository without a remote. */
  const commit = async (all: Record<string, string>): Promise<string> => {
    const dir = join(base, newName('repository'));
    await writeAll(dir, all);
    await git(dir, ['init', '--quiet', '--initial-branch=main']);
    await git(dir, ['add', '--all']);
    const author = ['-c', 'user.name=Acme', '-c', 'user.email=dev@acme.example'];
    await git(dir, [...author, 'commit', '--quiet', '--message', 'Begin']);
    return dir;
  };

  test('writes nothing and lists the missing commit and remote in a new repository', async () => {
    const dir = await mkdtemp(join(base, 'bare-'));
    await git(dir, ['init', '--quiet', '--initial-branch=trunk']);
    await writeFile(join(dir, 'Dockerfile'), dockerfile('Dockerfile'));
    const { exitCode, stdout } = await init(dir, '--dry-run', '--json', '--registry', 'ghcr.io/acme');
    expect({ exitCode, ...(JSON.parse(stdout) as object) }).toMatchObject({
      exitCode: 0,
      status: 'proposed',
      lacks: ['commit', 'remote'],
      plan: null,
    });
    expect(stdout).toContain('branches: [trunk]');
    expect(await git(dir, ['status', '--porcelain'])).toBe('?? Dockerfile');
  });

  test('lists a build secret of the proposed workflow as a manual step, and reports no problem', async () => {
    const build = [
      'uses: docker/build-push-action@v6',
      "with: { context: api, push: true, tags: ghcr.io/acme/api, secrets: 'npm=${{ secrets.NPM_TOKEN }}' }",
    ];
    const dir = await commit({
      ...files,
      'api/Dockerfile': `${dockerfile('a')}RUN --mount=type=secret,id=npm true\n`,
      '.github/workflows/image.yml': `on: { push: { branches: [main] } }
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - ${build.join('\n        ')}
`,
    });
    const { exitCode, stdout, stderr } = await init(dir, '--dry-run', '--json');
    expect(stderr).toBe('');
    const { problems, byHand } = JSON.parse(stdout) as { problems: { code: string }[]; byHand: string[] };
    expect({ exitCode, codes: problems.map(({ code }) => code) }).toEqual({ exitCode: 0, codes: [] });
    expect(byHand.join('\n')).toMatch(/The workflow sets the build secrets \w+\./);
  });

  test('lists an unreadable bake file as a manual step, and proposes a configuration anyway', async () => {
    const dir = await commit({ ...files, 'docker-bake.hcl': 'target "api" { context = \n' });
    const { exitCode, stdout } = await init(dir, '--dry-run', '--json', '--registry', 'ghcr.io/acme');
    const { byHand, files: proposed } = JSON.parse(stdout) as { byHand: string[]; files: { text: string }[] };
    expect({
      exitCode,
      told: byHand.filter((note) => note.includes("bake can't read docker-bake.hcl")).length,
    }).toEqual({
      exitCode: 0,
      told: 1,
    });
    expect(proposed[0]?.text).toContain('  api:');
  });
});

const PAGE = join(ROOT, 'docs/get-started.md');
const BLOCK = /(<!-- transcript:start -->\n)[^]*(<!-- transcript:end -->)/;

/** Expects the page to show this output; with UPDATE_DOCS=1, updates the page. */
async function keepTranscript(site: Beginner, lines: [command: string, output: string][]): Promise<void> {
  const text = lines.map(([command, output]) => `$ ${command}\n${output.trimEnd()}\n`).join('\n');
  const block = `<!-- run by: __tests__/stories/init.lab.test.ts -->\n\`\`\`console\n${await steady(site, text)}\`\`\`\n`;
  const page = await readFile(PAGE, 'utf8');
  const wanted = page.replace(BLOCK, (_, start: string, end: string) => `${start}${block}${end}`);
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(PAGE, wanted);
  else expect(page).toBe(wanted);
}

/** Replaces values that differ between runs: ports, IDs, digests, sizes, times. */
async function steady({ dir, bare, prefix }: Beginner, text: string): Promise<string> {
  const source = (await git(dir, ['rev-parse', 'HEAD~1'])).trim();
  const commit = (await git(bare, ['rev-parse', 'main'])).trim();
  const digests = [...new Set(text.match(/sha256:[0-9a-f]{64}/g))];
  let result = text
    .replaceAll(prefix, '127.0.0.1:5000/acme')
    .replaceAll(source.slice(0, 7), '1a2b3c4')
    .replaceAll(commit.slice(0, 12), 'c0ffee000000')
    .replaceAll(/\(\d+(?:\.\d)? s\)|\(\d+ min \d+ s\)/g, '(4 s)')
    .replaceAll(/\d+(?:\.\d)? [kM]?B/g, '1 kB')
    .replaceAll(/linux\/\w+/g, 'linux/amd64');
  for (const [index, digest] of digests.entries())
    result = result.replaceAll(digest, `sha256:${'ab'[index]!.repeat(64)}`);
  return result;
}
