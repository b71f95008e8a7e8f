import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../testing/runner.js';
import { run } from '../../src/lib/process.js';
import { goldenCases } from '../deploy/kustomization/fixtures.js';

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
/** `set` needs no Docker, registry, git or home directory. */
const set = (...args: string[]) => runCli({ args: ['set', ...args], cwd: dir, env: { PATH: '/nowhere' } });

/** kustomization.test.ts covers the other cases, because each case here starts a process. */
const CASES = ['add-to-block.yaml'];

test('set edits a golden file byte for byte as expected, and --json prints its diff', async () => {
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

test('set on a folder changes only scalars of its Kustomization, and prints each change with its line', async () => {
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

test.each([
  ['no file', [], 'usage/invalid', /image-release set k8s api=/],
  ['a name without an entry', ['k8s', 'apo=:v2'], 'deploy/entry-missing', /Did you mean api\?.*--add/],
])('set with %s fails with a fix and writes nothing', async (_, args, code, fix) => {
  const { exitCode, stdout, stderr } = await set(...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^error \\[${code}\\]`));
  expect(/→ (.*)/.exec(stderr)?.[1]).toMatch(fix);
  expect(await read()).toBe(TEXT);
});
