import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { runCli } from '../../testing/runner.js';
import { run } from '../../src/lib/process.js';
import { goldenCases } from '../deploy/kustomization/fixtures.js';

jest.setTimeout(30_000);

const TEXT = `# kept
images:
- name: api   # speaks
  newTag: "1"
- {name: web, newTag: v1}
`;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cli-set-'));
  await mkdir(join(dir, 'k8s'));
  await writeFile(join(dir, 'k8s/kustomization.yaml'), TEXT);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const read = () => readFile(join(dir, 'k8s/kustomization.yaml'), 'utf8');
/** No docker, no registry, no git, no home: it works offline and on any file. */
const set = (...args: string[]) => runCli({ args: ['set', ...args], cwd: dir, env: { PATH: '/nowhere' } });

/** Each is a process; the others are tried in kustomization.test.ts. */
const CASES = ['comments.yaml', 'add-to-block.yaml', 'json.yaml'];

test('golden cases come out byte for byte, and their diff is what --json tells', async () => {
  const outcomes = await Promise.all(
    goldenCases
      .filter(({ name }) => CASES.includes(name))
      .map(async ({ name, bytes, missing, specs, diff }) => {
        const expected = join(dir, `${name}.expected`);
        await mkdir(expected);
        for (const folder of [dir, expected]) await writeFile(join(folder, name), bytes);
        await gitApply(expected, diff);
        const { stdout } = await set(name, ...(missing === 'add' ? ['--add'] : []), ...specs, '--json');
        const told = (JSON.parse(stdout) as { diff?: string }).diff ?? '';
        const same = (await readFile(join(dir, name))).equals(await readFile(join(expected, name)));
        return { name, same, told: told === diff };
      }),
  );
  expect(outcomes.filter(({ same, told }) => !same || !told)).toEqual([]);
  expect(outcomes).toHaveLength(CASES.length);
});

async function gitApply(cwd: string, diff: string): Promise<void> {
  if (diff.trim() === '') return;
  const env = { PATH: process.env['PATH'], HOME: cwd, GIT_CEILING_DIRECTORIES: dir };
  const { code, stderr } = await run('git', ['apply', '--whitespace=nowarn'], { cwd, env, input: diff });
  if (code !== 0) throw new Error(stderr.toString());
}

test('a folder stands for its Kustomization; only the scalars change, and each change is told with its line', async () => {
  const { exitCode, stdout } = await set('k8s', 'api=:v2', 'web=ghcr.io/acme/web:2.0');
  expect(exitCode).toBe(0);
  expect(await read()).toBe(`# kept
images:
- name: api   # speaks
  newTag: "v2"
- {name: web, newName: ghcr.io/acme/web, newTag: "2.0"}
`);
  expect(stdout).toBe(
    ['k8s/kustomization.yaml:3  api:1 → api:v2', 'k8s/kustomization.yaml:5  web:v1 → ghcr.io/acme/web:2.0', ''].join(
      '\n',
    ),
  );
  expect(await readdir(join(dir, 'k8s'))).toEqual(['kustomization.yaml']);
});

test('--dry-run prints a diff that can be applied, and writes nothing', async () => {
  const { exitCode, stdout } = await set('k8s/kustomization.yaml', 'api=:v2', '--dry-run');
  expect(exitCode).toBe(0);
  expect(await read()).toBe(TEXT);
  await gitApply(dir, stdout);
  expect(await read()).toBe(TEXT.replace('"1"', '"v2"'));
});

test('a file in which nothing changes is not touched', async () => {
  const long = new Date(2001, 1, 1);
  await utimes(join(dir, 'k8s/kustomization.yaml'), long, long);
  const { exitCode, stdout } = await set('k8s', 'api=:1');
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: 'k8s/kustomization.yaml already names these images.\n',
  });
  expect((await stat(join(dir, 'k8s/kustomization.yaml'))).mtime).toEqual(long);
});

test('--add appends an entry, -C names the folder, --json tells it all', async () => {
  const { stdout } = await set('-C', 'k8s', '.', 'worker=ghcr.io/acme/worker:v1', '--add', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'changed',
    path: 'kustomization.yaml',
    changes: [{ name: 'worker', after: 'ghcr.io/acme/worker:v1', line: 6 }],
    diff: expect.stringMatching(/^\+- \{name: worker, newName: ghcr\.io\/acme\/worker, newTag: v1\}$/m),
  });
  expect(await read()).toBe(`${TEXT}- {name: worker, newName: ghcr.io/acme/worker, newTag: v1}\n`);
});

test.each([
  ['no file', [], 'usage/invalid', /image-release set k8s api=/],
  ['no image', ['k8s'], 'image/invalid-reference', /Name at least one/],
  ['a folder without a Kustomization', ['.', 'api=:v2'], 'deploy/kustomization-missing', /the folder that contains it/],
  ['a name that has no entry', ['k8s', 'apo=:v2'], 'deploy/entry-missing', /Did you mean api\?.*--add/],
  ['an image that is none', ['k8s', 'api:v2'], 'image/invalid-reference', /./],
])('%s is refused with the way out, and nothing is written', async (_, args, code, fix) => {
  const { exitCode, stdout, stderr } = await set(...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^error \\[${code}\\]`));
  expect(/→ (.*)/.exec(stderr)?.[1]).toMatch(fix);
  expect(await read()).toBe(TEXT);
});
