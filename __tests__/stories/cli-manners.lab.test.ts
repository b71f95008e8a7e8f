/** @programs docker kustomize */
import { stripVTControlCharacters } from 'node:util';
import { join } from 'node:path';
import type { TerminalSession } from '../../testing/terminal.js';
import { git } from '../../testing/acme.js';
import { configuration, image, kustomization, manifests } from './cli-site.js';
import { openStewardSite, type StewardSite, type Version } from './steward-site.js';

let site: StewardSite;
let version: Version;
beforeAll(async () => {
  site = await openStewardSite();
  await site.ship();
  version = await site.ship();
});
afterAll(() => site.close());

async function runAt(columns: number, args: readonly string[]) {
  const terminal = site.terminal(args, { columns });
  await terminal.ended;
  return terminal;
}

/** Lines as the program printed them, before the terminal wrapped any. */
function printed(terminal: TerminalSession): string[] {
  // The spinner overwrites its line.
  return stripVTControlCharacters(terminal.bytes())
    .split(/\r\n|\n/)
    .map((line) => line.slice(line.lastIndexOf('\r') + 1).trimEnd());
}

/** Words of the result, without the progress before it, whose number of lines depends on time. */
const words = (lines: readonly string[]) =>
  lines
    .slice(
      Math.max(
        0,
        lines.findIndex((line) => line.startsWith('error [')),
      ),
    )
    .join(' ')
    .replaceAll(/\d+(?:\.\d+)? m?s\b|[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏#]/g, '')
    .split(/\s+/)
    .sort();

const DOCTOR = 'the report of doctor';

describe('at a terminal', () => {
  let sound = '';
  beforeAll(async () => {
    await site.commit({ 'api/Dockerfile': 'FROM busybox\nRUN echo no such module: left-pad; exit 7\n' });
    await site.edit((text) => {
      sound = text;
      return text.replace(version.tag, 'hotfix');
    });
  });
  afterAll(() => site.edit(() => sound));

  test.each([
    ['help', ['--help']],
    ['the proposal of init', ['init', '--dry-run']],
    ['a plan', ['plan', '-q']],
    [DOCTOR, ['doctor']],
    ['a drifted Kustomization', ['status']],
    ['a failed build', ['build', 'api', '--push', 'false']],
    ['an invalid option', ['release', '--platform', 'linux/amd64']],
  ])('%s fits into 60 columns without breaking a word', async (name, args) => {
    const [narrow, wide] = [await runAt(60, args), await runAt(400, args)];
    const lines = printed(narrow);
    const long = lines.filter((line) => line.length > 60);
    // Names, digests, and commands to copy aren't wrapped.
    const whole = long.map((line) => line.trim().replaceAll(/`[^`]*`|^image-release .*/g, 'WORD'));
    expect(whole.filter((line) => /\s/.test(line))).toEqual([]);
    expect(words(lines)).toEqual(words(printed(wide)));
    if (name !== DOCTOR) return;
    // The progress line disappears when doctor ends.
    expect(wide.bytes()).toContain('Checking builders, registry, and cluster');
    expect(wide.everything().join('\n')).not.toContain('Checking');
  });
});

describe('the command line', () => {
  test('reports an invalid option value before it reads the configuration, without a headline', async () => {
    const { exitCode, stderr, stdout } = await site.cli(['release', '--push', 'maybe'], { cwd: site.home });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^error \[(?:usage|input)\/[\w-]+\]\n {2}.+\n {2}→ .+\n$/);
  });

  test('resolves --config relative to the current folder, and --source as a git revision', async () => {
    await site.commit({ 'ci/small.yml': configuration(site.prefix, { images: { api: image() } }) });
    const plan = await site.cli(['plan', '--config', 'small.yml', '--json'], { cwd: join(site.dir, 'ci') });
    expect(Object.keys((JSON.parse(plan.stdout) as { images: object }).images)).toEqual(['api']);
    const named = `api=${site.prefix}/api:${version.tag}`;
    const deploy = await site.cli(['deploy', '--image', named, '--source', 'HEAD~1', '--dry-run', '--json']);
    expect(JSON.parse(deploy.stdout)).toMatchObject({
      source: { commit: await git(site.dir, ['rev-parse', 'HEAD~1']) },
    });
  });

  test.each([
    [['--color', 'always'], {}, true],
    [['--color', 'never'], { FORCE_COLOR: '1' }, false],
  ])('%j with %j: colors %s', async (args, env, colored) => {
    const { stdout } = await site.cli(['status', '--no-registry-check', ...args], { env });
    expect(stdout.includes('\u001b[')).toBe(colored);
  });

  test('rejects a rollback without --channel or --all-channels if there are several channels', async () => {
    const other = 'staging/kustomization.yml';
    const files = { [other]: kustomization(site.prefix), 'staging/pods.yaml': manifests(site.prefix)['k8s/pods.yaml'] };
    await site.commit({
      ...files,
      'image-release.yml': configuration(site.prefix, {
        deploy: ['k8s', { kustomization: 'staging', channel: 'staging' }],
      }),
    });
    const before = await git(site.bare, ['rev-parse', 'main']);
    const { exitCode, stderr } = await site.cli(['rollback', '--yes']);
    const terminal = site.terminal(['rollback', '--yes']);
    expect([exitCode, await terminal.ended]).toEqual([2, 2]);
    for (const text of [stderr, terminal.everything().join('\n')]) expect(text).toMatch(/--channel .*--all-channels/s);
    expect(await git(site.bare, ['rev-parse', 'main'])).toBe(before);
  });
});
