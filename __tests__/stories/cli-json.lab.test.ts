/** @programs docker kubectl kustomize */
import { image, openCliSite, type CliSite } from './cli-site.js';
import { deviationsFrom, SHAPES } from './json-shapes.js';
import { shareProcess, type SharedProcess } from './shared-process.js';
import { dockerfile } from './shop.js';

interface Event {
  type: string;
  at: string;
  [field: string]: unknown;
}

let site: CliSite;
let shared: SharedProcess;
beforeAll(async () => {
  site = await openCliSite();
  shared = shareProcess(site);
});
afterAll(async () => {
  shared.end();
  await site.close();
});

/** Runs a command with `--json`, and compares its result and events with docs/json.md. */
async function json(shape: string, args: readonly string[], env: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = await shared.cli([...args, '--json'], { env });
  const result = JSON.parse(stdout) as Record<string, unknown>;
  expect({ args, deviations: deviationsFrom(shape, result) }).toEqual({ args, deviations: [] });
  const lines = stderr.split('\n').slice(0, -1);
  const events = lines.map((line) => JSON.parse(line) as Event);
  const known = events.filter(({ type }) => SHAPES.includes(type));
  expect(known).toEqual(events);
  expect(events.flatMap((event) => deviationsFrom(event.type, event))).toEqual([]);
  const times = events.map(({ at }) => at);
  expect(times).toEqual([...times].sort());
  return { exitCode, result, events };
}

const typesOf = (events: readonly Event[]) => [...new Set(events.map(({ type }) => type))].sort();
const stagesOf = (events: readonly Event[]) => events.flatMap(({ type, stage }) => (type === 'stage' ? [stage] : []));

test('a release prints events for stages, images, steps and its end on stderr, and its result on stdout', async () => {
  const { exitCode, result, events } = await json('Result', ['release']);
  expect({ exitCode, outcome: result['outcome'] }).toEqual({ exitCode: 0, outcome: { status: 'released' } });
  expect(stagesOf(events)).toEqual(['plan', 'preflight', 'build', 'publish', 'deploy']);
  expect(events.find(({ type }) => type === 'images')).toMatchObject({
    images: { api: { status: 'build', reason: 'never published' }, web: { status: 'build' } },
  });
  const run = events.filter(({ image, name }) => image === 'web' && /COPY words \/said/.test(String(name)));
  expect(run.map(({ state }) => state)).toEqual(['started', 'completed']);
  expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'released' });
  await site.git('pull', '--quiet', '--rebase', 'origin', 'main');
});

test('a failing step prints output and problem as events, and the problem in the result, without the secret', async () => {
  const token = 'to"ken\\of-nobody';
  await site.configure({ images: { api: image(), web: image({ secrets: ['id=npm,env=NPM'] }) } });
  const step = 'cat /run/secrets/npm; echo; echo "two \\"quoted\\""; exit 3';
  await site.commit({ 'web/Dockerfile': dockerfile(`RUN --mount=type=secret,id=npm ${step}`) });
  const { exitCode, result, events } = await json('Result', ['release', 'web'], { NPM: token });
  await site.configure({});
  await site.commit({ 'web/Dockerfile': dockerfile('COPY words /words', 'RUN echo anew') });
  expect(exitCode).toBe(1);
  expect(stagesOf(events).at(-1)).toBe('build');
  expect(events.find(({ state }) => state === 'failed')).toMatchObject({
    image: 'web',
    error: expect.stringContaining('exit code: 3'),
    output: ['***', 'two "quoted"'],
  });
  expect(events.filter(({ type }) => type === 'output').map(({ line }) => line)).toEqual(['***', 'two "quoted"']);
  const problem = expect.objectContaining({ code: 'build/step-failed', image: 'web' });
  expect(result['outcome']).toMatchObject({ status: 'failed', stage: 'build', problems: [problem] });
  expect(events.filter(({ type }) => type === 'problem')).toContainEqual(expect.objectContaining({ problem }));
  expect(JSON.stringify([result, events])).not.toContain('of-nobody');
});

test.each<[command: string, shape: string, args: string[], code: number, types: string[]]>([
  ['plan', 'Plan', ['plan'], 0, ['end', 'images', 'stage']],
  ['plan --explain', 'Plan', ['plan', '--explain', 'api'], 0, ['end', 'images', 'stage']],
  ['release', 'Result', ['release'], 0, ['end', 'images', 'log', 'output', 'stage', 'step']],
  ['status', 'Status', ['status'], 0, []],
  ['verify', 'Status', ['verify'], 0, []],
  ['rollback', 'Rollback', ['rollback', 'web'], 0, []],
  ['a release that a rollback blocks', 'Result', ['release', 'web'], 3, ['end', 'images', 'stage']],
  ['cleanup', 'Cleanup', ['cleanup'], 0, []],
  ['doctor', 'Diagnosis', ['doctor'], 0, []],
  ['set', 'Edit', ['set', 'k8s', 'page=:v1', '--dry-run'], 0, []],
  ['init', 'Init', ['init'], 0, []],
  ['init --scripts', 'Written', ['init', '--scripts', '--dry-run'], 0, []],
  ['an unknown command', 'Result', ['relase'], 2, ['problem']],
  ['an unknown image', 'Result', ['release', 'apu'], 2, ['end', 'images', 'problem', 'stage']],
])('%s prints one JSON document and events as documented in docs/json.md', async (_, shape, args, code, types) => {
  const { exitCode, events } = await json(shape, args);
  const warned = events.filter(({ type }) => type !== 'problem' || types.includes(type));
  expect({ exitCode, types: typesOf(warned) }).toEqual({ exitCode: code, types });
});

test('deploy prints one JSON document and events as documented in docs/json.md', async () => {
  const tag = /newTag: (\S+)/.exec(await site.read('k8s/kustomization.yml'))![1]!;
  const args = ['deploy', '--image', `api=${site.prefix}/api:${tag}`, '--allow-rollback'];
  const { exitCode, events } = await json('Result', args);
  expect({ exitCode, stages: stagesOf(events) }).toEqual({
    exitCode: 0,
    stages: ['plan', 'preflight', 'deploy'],
  });
});

test('init --dry-run prints a proposal if there is no configuration', async () => {
  const config = await site.read('image-release.yml');
  await site.commit({ 'image-release.yml': undefined });
  const { exitCode, result } = await json('Init', ['init', '--dry-run']);
  await site.commit({ 'image-release.yml': config });
  expect({ exitCode, status: result['status'] }).toEqual({ exitCode: 0, status: 'proposed' });
});
