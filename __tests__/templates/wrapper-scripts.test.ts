import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/lib/process.js';
import { wrapperScripts } from '../../src/templates/wrapper-scripts.js';
import { writeFiles } from '../../src/templates/write-files.js';

let root: string;
let program: string;

/** A stub of the command line that logs the arguments of each call, and exits with `$EXIT`. */
const PROGRAM = `#!/bin/sh
printf '%s\\n' "$*" >>"$NOTES"
exit "\${EXIT:-0}"
`;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'wrapper-scripts-'));
  program = join(root, 'image-release');
  await writeFile(program, PROGRAM, { mode: 0o755 });
  await writeFiles(wrapperScripts(['api', 'frontend']), { root, existing: 'keep', mode: 'write' });
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function call(script: string, args: string[], env: Record<string, string> = {}) {
  const notes = join(root, `notes-${Math.random()}`);
  const { PATH } = process.env;
  const { code, stdout, stderr } = await run(join(root, 'scripts', script), args, {
    env: { PATH, IMAGE_RELEASE: program, NOTES: notes, ...env },
  });
  const calls = await readFile(notes, 'utf8').catch(() => '');
  return { code, calls: calls.split('\n').slice(0, -1), told: `${stdout.toString()}${stderr.toString()}` };
}

describe('build-images-safe.sh', () => {
  test.each<[string, string[]]>([
    ['', ['build --push=false']],
    ['--push', ['build --push=true']],
    ['--push --dry-run', ['build --push=true --dry-run']],
    ['--api-only', ['build api --push=false']],
    ['--api-only --frontend-only', ['build api frontend --push=false']],
    ['--push --tag next --frontend-only', ['build frontend --push=true --tag=next']],
    ['--tag=next --force-local', ['build --push=false --builder=buildx --tag=next']],
    ['--gh-actions --push', ['build --push=true --builder=dispatch']],
    [
      '--api-only --watch --gh-actions --push --tag next',
      ['build api --push=true --builder=dispatch --tag=next', 'status --watch'],
    ],
    ['--all --no-cache', ['build --push=false --no-cache']],
    ['--deploy --watch --api-only', ['release api --push=true --yes', 'status --watch']],
    ['--deploy --gh-actions', ['release --push=true --builder=dispatch --yes']],
    ['--gh-actions --watch --push --dry-run', ['build --push=true --builder=dispatch --dry-run']],
  ])('translates %j to exactly the expected commands', async (options, calls) => {
    expect(await call('build-images-safe.sh', options.split(' ').filter(Boolean))).toMatchObject({
      code: 0,
      calls,
    });
  });

  test.each([
    ['--force-local --gh-actions', 'exclude each other'],
    ['--gh-actions --force-local', 'exclude each other'],
    ['--gh-actions', 'add --push'],
    ['--watch --push', 'add --deploy or --gh-actions'],
    ['--tag', 'needs a tag'],
    ['--api', 'There is no option --api'],
  ])('rejects %j and builds nothing', async (options, reason) => {
    const { code, calls, told } = await call('build-images-safe.sh', options.split(' '));
    expect({ code, calls }).toEqual({ code: 2, calls: [] });
    expect(told).toContain(reason);
  });

  test("exits with the code of a failed command and doesn't watch it", async () => {
    const { code, calls } = await call('build-images-safe.sh', ['--push', '--gh-actions', '--watch'], {
      EXIT: '3',
    });
    expect({ code, calls }).toEqual({ code: 3, calls: ['build --push=true --builder=dispatch'] });
  });

  test('lists an option per image in its help', async () => {
    const { code, told } = await call('build-images-safe.sh', ['--help']);
    expect(code).toBe(0);
    expect(told).toMatch(/--api-only .*api alone/);
    expect(told).toMatch(/--frontend-only .*frontend alone/);
  });
});

describe('kaniko-build.sh', () => {
  test.each<[string, string[]]>([
    ['', ['build --builder=kaniko']],
    ['--all', ['build --builder=kaniko']],
    ['api --tag next', ['build api --builder=kaniko --tag=next']],
    ['--api-only --frontend-only --no-cache', ['build api frontend --builder=kaniko --no-cache']],
    ['--api-only --dry-run', ['build api --builder=kaniko --dry-run']],
    ['--deploy', ['release --push=true --builder=kaniko --yes']],
    ['--deploy --watch --tag=next', ['release --push=true --builder=kaniko --tag=next --yes', 'status --watch']],
  ])('translates %j to exactly the expected commands', async (options, calls) => {
    expect(await call('kaniko-build.sh', options.split(' ').filter(Boolean))).toMatchObject({
      code: 0,
      calls,
    });
  });

  test.each([
    ['--watch', 'add --deploy'],
    ['--push-all', 'There is no option --push-all; see --help.'],
  ])('rejects %j and builds nothing', async (options, reason) => {
    const { code, calls, told } = await call('kaniko-build.sh', options.split(' '));
    expect({ code, calls }).toEqual({ code: 2, calls: [] });
    expect(told).toContain(reason);
  });

  test("exits with the code of a failed command and doesn't watch it", async () => {
    const { code, calls } = await call('kaniko-build.sh', ['--deploy', '--watch'], { EXIT: '3' });
    expect({ code, calls }).toEqual({ code: 3, calls: ['release --push=true --builder=kaniko --yes'] });
  });
});

test('check-build-status.sh passes its arguments on and returns the exit code', async () => {
  expect(await call('check-build-status.sh', ['--watch'], { EXIT: '3' })).toMatchObject({
    code: 3,
    calls: ['status --watch'],
  });
});

test('check-build-status.sh explains how to install the program if it is missing', async () => {
  const { code, told } = await call('check-build-status.sh', [], { IMAGE_RELEASE: 'no-such-program' });
  expect(code).toBe(127);
  expect(told).toContain('npm install --global');
});
