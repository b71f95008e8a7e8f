import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.js';
import { loadBakeImages, type BakeRequest } from '../../src/facts/bake-file.js';
import { Cancelled, ReleaseError } from '../../src/lib/errors.js';
import { ProgramMissing } from '../../src/lib/process.js';

const BAKE = 'target "api" {\n  network = "host"\n}\ngroup "all-of-them" { targets = ["api"] }\n';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bake-file-'));
  await writeFile(join(root, 'docker-bake.hcl'), BAKE);
  await writeFile(join(root, 'compose.yml'), 'services:\n  web: { build: . }\n');
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Answer {
  code?: number;
  stdout?: object | string;
  stderr?: string;
}

/** Loads with a buildx that gives this answer; also returns its command lines. */
async function load(answer: Answer | Error, yaml = 'bake: docker-bake.hcl', signal?: AbortSignal) {
  const asked: string[][] = [];
  const run: BakeRequest['run'] = async (program, args, options) => {
    asked.push([program, ...args]);
    expect(options).toMatchObject({ cwd: root, env: { NAME: 'value' } });
    if (answer instanceof Error) throw answer;
    const { code = 0, stdout = '', stderr = '' } = answer;
    const text = typeof stdout === 'string' ? stdout : JSON.stringify(stdout);
    return { code, stdout: Buffer.from(text), stderr: Buffer.from(stderr) };
  };
  const config = loadConfig({ text: yaml, origin: 'image-release.yml' });
  const result = await loadBakeImages({ config, root, env: { NAME: 'value' }, run, signal });
  return { ...result, asked };
}

async function problemOf(...args: Parameters<typeof load>) {
  const error: unknown = await load(...args).catch((thrown: unknown) => thrown);
  if (!(error instanceof ReleaseError)) throw new Error(`no ReleaseError: ${String(error)}`);
  expect(error.problems).toHaveLength(1);
  return error.problems[0];
}

/** The probe target as buildx 0.13 and 0.29 print it. */
const OLDER = { args: { x: '${x}' } };
const NEWER = { args: { x: '$${x}' }, network: 'none' };
const printed = (probe: object, target: object) => ({
  group: { default: { targets: ['api', 'image-release-probe'] } },
  target: { api: target, 'image-release-probe': probe },
});

test('runs no program without a bake file', async () => {
  const { config, problems, asked } = await load({}, 'images: { api: }');
  expect({ keys: config.images.map(({ key }) => key), problems, asked }).toEqual({
    keys: ['api'],
    problems: [],
    asked: [],
  });
});

test('runs buildx once for the targets of all files, and leaves out the probe target', async () => {
  const yaml = 'bake: { file: [docker-bake.hcl, compose.yml], targets: [api] }';
  const { config, asked } = await load({ stdout: printed(NEWER, {}) }, yaml);
  expect(asked.map((words) => words.join(' '))).toEqual([
    'docker buildx bake --print --progress=plain -f docker-bake.hcl -f compose.yml -f - api image-release-probe',
  ]);
  expect(config.images.map(({ key }) => key)).toEqual(['api']);
  expect(config.helpers).toEqual([]);
});

test.each([
  ['older', OLDER, { args: { A: '${A} $${B} %{C}' }, 'dockerfile-inline': 'RUN $${D}' }],
  ['newer', NEWER, { args: { A: '$${A} $$${B} %%{C}' }, 'dockerfile-inline': 'RUN $$${D}' }],
])('keeps template characters as written with %s buildx', async (_, probe, target) => {
  const { config } = await load({ stdout: printed(probe, target) });
  expect(config.images).toMatchObject([{ args: { A: '${A} $${B} %{C}' }, dockerfileInline: 'RUN $${D}' }]);
});

test('warns about a network that older buildx drops, and keeps one that newer buildx prints', async () => {
  const older = await load({ stdout: printed(OLDER, {}) });
  expect(older.problems).toMatchObject([
    { code: 'config/bake-warning', severity: 'warning', place: { file: 'docker-bake.hcl', line: 2 } },
  ]);
  const newer = await load({ stdout: printed(NEWER, { network: 'host' }) });
  expect(newer.problems).toEqual([]);
  expect(newer.config.images[0]!.extra).toEqual({ network: 'host' });
});

test('passes on each warning of buildx once', async () => {
  const unset = 'WARNING: The "X" variable is not set. Defaulting to a blank string.\n';
  const { problems } = await load({
    stdout: printed(NEWER, {}),
    stderr: `#1 reading\n${unset}${unset}time="2026-01-01T00:00:00Z" level=warning msg="\\"version\\" is obsolete"\n`,
  });
  expect(problems).toMatchObject([
    {
      code: 'config/bake-warning',
      message: expect.stringContaining('The "X" variable'),
      severity: 'warning',
    },
    { code: 'config/bake-warning', message: expect.stringContaining('"version" is obsolete') },
  ]);
});

test('reports unknown image names under `contexts` and `deploy`', async () => {
  const yaml =
    'bake: docker-bake.hcl\nimages: { web: { contexts: { base: "image:aip" } } }\ndeploy: { kustomization: k8s, images: [api, wbe] }';
  const error: unknown = await load({ stdout: printed(NEWER, {}) }, yaml).catch((thrown: unknown) => thrown);
  expect((error as ReleaseError).problems).toMatchObject([
    { code: 'config/invalid', fix: 'Did you mean `image:api`?', place: { line: 2 } },
    { code: 'config/invalid', fix: 'Did you mean `web`?', place: { line: 3 } },
  ]);
});

const PLACED = `#1 [internal] load local bake definitions
#1 DONE 0.0s
docker-bake.hcl:2
--------------------
   2 | >>>   network = "host
--------------------
ERROR: docker-bake.hcl:2,12-3,1: Invalid multi-line string; Quoted strings may not be split over lines.
`;

test.each<[string, Answer | Error, object]>([
  [
    'an error in the file, with its place and an excerpt',
    { code: 1, stderr: PLACED },
    {
      code: 'config/bake-invalid',
      place: { file: 'docker-bake.hcl', line: 2, column: 12 },
      message:
        "docker buildx bake can't read docker-bake.hcl: Invalid multi-line string; Quoted strings may not be split over lines.",
      detail: expect.stringMatching(/^docker-bake\.hcl:2\n[^]*2 \| >>> /),
    },
  ],
  [
    'an error without a place, with the file',
    { code: 1, stderr: 'ERROR: failed to parse compose file: service "a" is broken\n' },
    { code: 'config/bake-invalid', place: { file: 'docker-bake.hcl' } },
  ],
  [
    'a bake file without a default group',
    { code: 1, stderr: 'ERROR: failed to find target default\n' },
    { code: 'config/bake-invalid', fix: expect.stringContaining('targets: [api]') },
  ],
  [
    'a misspelt target',
    { code: 1, stderr: 'ERROR: failed to find target all-of-thm\n' },
    { fix: 'Did you mean `all-of-them`?', place: { file: 'image-release.yml', line: 1 } },
  ],
  [
    'a variable that a compose file requires',
    {
      code: 1,
      stderr: 'ERROR: error while interpolating services.app.image: required variable TAG is missing a value\n',
    },
    { fix: 'Set TAG in `env` of the step, or of this command.' },
  ],
  ['a failure of buildx without a reason', { code: 1 }, { message: expect.stringContaining('it gave no reason.') }],
  [
    'a missing buildx',
    { code: 1, stderr: "docker: 'buildx' is not a docker command.\nSee 'docker --help'\n" },
    { code: 'build/buildx-missing' },
  ],
  ['a missing docker', new ProgramMissing('docker'), { code: 'build/docker-missing' }],
  ['an answer that is not JSON', { stdout: 'hello' }, { code: 'config/bake-invalid' }],
  [
    'an answer in another form',
    { stdout: { target: { api: { args: ['A=1'] } } } },
    { code: 'config/bake-invalid', message: expect.stringContaining('target.api.args') },
  ],
])('reports %s', async (_, answer, expected) => {
  expect(await problemOf(answer)).toMatchObject(expected);
});

test('reports all missing files at once', async () => {
  const error: unknown = await load({}, 'bake: { file: [a.hcl, compose.yml, b.json] }').catch(
    (thrown: unknown) => thrown,
  );
  expect((error as ReleaseError).problems).toMatchObject([
    { code: 'config/bake-invalid', message: expect.stringContaining('a.hcl does not exist') },
    { code: 'config/bake-invalid', message: expect.stringContaining('b.json does not exist') },
  ]);
});

test('stops when the run is cancelled', async () => {
  const aborted = AbortSignal.abort();
  await expect(load({ code: 130 }, undefined, aborted)).rejects.toThrow(Cancelled);
});
