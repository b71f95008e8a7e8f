import { chooseWorkflow } from '../../../src/build/dispatch/workflow-choice.js';
import { runInputs, type DispatchRequest } from '../../../src/build/dispatch/inputs.js';
import { foldedLog, readLog, tailOfStep } from '../../../src/build/dispatch/job-log.js';
import { mergeResults, readResults, resultLine } from '../../../src/build/dispatch/run-result.js';
import { renderRunResult } from '../../../src/report/run-result.js';
import { releasedReport } from '../../report/sample.js';

const file = (name: string, text: string) => ({ path: `.github/workflows/${name}`, text });
const steps = (inputs = '') => `jobs:
  release:
    steps:
      - uses: acme/image-release@v1
        with: { ${inputs} }
`;
const CALL = `on: { push: , workflow_dispatch: { inputs: { keys: { default: '' } } } }
jobs:
  release:
    uses: acme/image-release/.github/workflows/release.yml@v1
    with: { images: "\${{ inputs.keys }}" }
`;
const BY_HAND = `on: { push: , workflow_dispatch: }\n${steps()}`;
const NOTHING: DispatchRequest = {
  ...{ images: [], tags: [], platforms: [], push: 'auto', deploy: 'auto', order: 'forward-only' },
  ...{ noCache: false, force: false },
};

function choose(files: ReturnType<typeof file>[], workflow?: string) {
  const choice = chooseWorkflow(files, { type: 'dispatch', ...(workflow && { workflow }) });
  return choice.status === 'chosen' ? choice.workflow.file : choice.problem.code;
}

function inputsOf(text: string, request: Partial<DispatchRequest>) {
  const choice = chooseWorkflow([file('r.yml', text)], { type: 'dispatch' });
  if (choice.status !== 'chosen') throw new Error(choice.problem.message);
  const made = runInputs(choice.workflow, { ...NOTHING, ...request }, 'id1');
  return 'problems' in made ? made.problems.map(({ message }) => message) : made.inputs;
}

test('what is asked for reaches a release that is called by the inputs of the call', () => {
  expect(inputsOf(CALL, { images: ['api'] })).toEqual({ keys: 'api' });
});

test.each<[string, ReturnType<typeof file>[], string | undefined, string]>([
  [
    'the only one that can be started by hand',
    [file('a.yml', BY_HAND), file('b.yml', `on: push\n${steps()}`)],
    undefined,
    'a.yml',
  ],
  ['triggers as a list', [file('a.yml', `on: [push, workflow_dispatch]\n${steps()}`)], undefined, 'a.yml'],
  ['a trigger as a word', [file('a.yml', `on: workflow_dispatch\n${steps()}`)], undefined, 'a.yml'],
  [
    'of several the one that a push starts',
    [file('a.yml', BY_HAND), file('b.yml', `on: workflow_dispatch\n${steps()}`)],
    undefined,
    'a.yml',
  ],
  [
    'several alike are not guessed among',
    [file('a.yml', BY_HAND), file('b.yml', BY_HAND)],
    undefined,
    'dispatch/several-workflows',
  ],
  ['one that calls the release', [file('a.yml', CALL), file('b.yml', 'on: push\n')], undefined, 'a.yml'],
  ['the one that is named', [file('a.yml', BY_HAND), file('b.yml', BY_HAND)], 'b.yml', 'b.yml'],
  ['a name that is none', [file('a.yml', BY_HAND)], 'c.yml', 'dispatch/no-workflow'],
  [
    'none that can be started by hand',
    [file('b.yml', `on: push\n${steps()}`)],
    undefined,
    'dispatch/no-workflow',
  ],
  ['none at all', [], undefined, 'dispatch/no-workflow'],
  [
    'one that calls the command line',
    [file('a.yml', 'on: workflow_dispatch\njobs: { r: { steps: [{ run: npx image-release release }] } }\n')],
    undefined,
    'a.yml',
  ],
])('which workflow builds: %s', (_, files, workflow, expected) => {
  expect(choose(files, workflow)).toBe(expected);
});

const on = (inputs: string, rest: string) =>
  `on: { push: , workflow_dispatch: { inputs: { ${inputs} } } }\n${rest}`;

test('an option reaches the input that is handed on for it, whatever that is called', () => {
  const text = on(
    'which: , no_cache: { type: boolean }',
    steps("images: '${{ github.event.inputs.which }}', no-cache: '${{ inputs.no_cache }}'"),
  );
  expect(inputsOf(text, { images: ['api', 'web'], noCache: true })).toEqual({
    which: 'api,web',
    no_cache: 'true',
  });
  expect(inputsOf(text, {})).toEqual({});
});

test('an input that is declared, but that no step of this action reads, takes nothing', () => {
  const text = on('images: , force: ', steps("images: '${{ inputs.images }}', force: true"));
  expect(inputsOf(text, { images: ['api'], force: true })).toEqual([
    "r.yml can't be asked for force `true`: its input `force` is not handed on to this action.",
  ]);
});

test('a choice that lacks the value, and a required input without one, are named', () => {
  const text = on(
    'images: { type: choice, options: [all, api] }, reason: { required: true }',
    steps("images: '${{ inputs.images }}'"),
  );
  expect(inputsOf(text, { images: ['web'] })).toEqual([
    "r.yml can't be asked for images `web`: its input `images` takes only `all`, `api`.",
    'r.yml demands the input `reason`, and this release has no value for it.',
  ]);
});

test('an id is given only where the title of the run shows it', () => {
  const rest = steps();
  expect(inputsOf(on('dispatch-id: ', `run-name: Release \${{ inputs.dispatch-id }}\n${rest}`), {})).toEqual({
    'dispatch-id': 'id1',
  });
  expect(inputsOf(on('dispatch-id: ', rest), {})).toEqual({});
});

test('a log is read line by line, folded as on the page, and cut to what a step printed last', () => {
  const text = [
    '\uFEFF2026-01-01T00:00:00.1000000Z ##[group]Run make',
    '2026-01-01T00:00:00.2000000Z env: A',
    '2026-01-01T00:00:00.3000000Z ##[endgroup]',
    '2026-01-01T00:00:05.0000000Z \u001B[31mred\u001B[0m',
    'a second line of it',
    '2026-01-01T00:00:06.0000000Z ##[error]gone wrong',
    '2026-01-01T00:00:09.0000000Z Post job cleanup.',
    '',
  ].join('\n');
  const lines = readLog(text);
  expect(foldedLog(lines)).toEqual([
    '▸ Run make',
    'red',
    'a second line of it',
    'error: gone wrong',
    'Post job cleanup.',
  ]);
  const step = { number: 2, name: 'make', status: 'completed', conclusion: 'failure' };
  const times = { started_at: '2026-01-01T00:00:05Z', completed_at: '2026-01-01T00:00:06Z' };
  expect(tailOfStep(lines, { ...step, ...times }, 2)).toEqual(['a second line of it', 'error: gone wrong']);
  // Without times of its own a step ends where the last error is.
  expect(tailOfStep(lines, step, 1)).toEqual(['error: gone wrong']);
});

test('what the Action tells of a run by hand is read back; other runs tell nothing', () => {
  const report = releasedReport();
  expect(renderRunResult(report)).toEqual([]);
  const { source } = report.plan!;
  source.event = { name: 'workflow_dispatch' };
  source.run = { id: '7', number: 1, attempt: 1, url: 'https://github.com/acme/shop/actions/runs/7' };
  const log = readLog(renderRunResult(report).join('\n'));
  const [result] = readResults(log, '7');
  expect(result).toMatchObject({ outcome: 'released', commit: source.commit });
  expect(
    result?.images.map(({ key, digest, releaseTag, status }) => ({ key, digest, releaseTag, status })),
  ).toEqual(
    report.published.map(({ key, digest, releaseTag, status }) => ({ key, digest, releaseTag, status })),
  );
  expect(result?.deployments.map(({ status }) => status)).toEqual(
    report.deployments.map(({ status }) => status),
  );
});

test('lines of another run, lines within output of a build, and a result that was cut short do not count', () => {
  const at = { run: '7', attempt: 1 };
  const image = resultLine({ type: 'image', ...at, key: 'api', image: 'ghcr.io/acme/api', status: 'built' });
  const run = resultLine({ type: 'run', ...at, commit: 'c', outcome: 'released', images: ['api'] });
  const results = (...lines: string[]) => readResults(readLog(lines.join('\n')), '7');
  expect(results(image, run)).toHaveLength(1);
  expect(results(run)).toEqual([]);
  expect(results(`api  #3  | ${image}`, run)).toEqual([]);
  expect(readResults(readLog([image, run].join('\n')), '8')).toEqual([]);
});

test('a job that builds and a job that deploys are one result', () => {
  const image = (status: string, more: object = {}) => ({
    ...{ key: 'api', image: 'ghcr.io/acme/api', digest: 'sha256:a', tags: ['t'], platforms: [], sbom: ['s'] },
    ...{ provenance: [], status, ...more },
  });
  const deployed = { status: 'committed', kustomization: 'k8s', images: ['api'], commit: 'c' };
  const built = { commit: 'c', outcome: 'released', images: [image('built')], deployments: [] };
  const rolled = {
    commit: 'c',
    outcome: 'rolled-out',
    images: [image('published', { sbom: [] })],
    deployments: [deployed],
  };
  expect(mergeResults([built, rolled])).toEqual({
    commit: 'c',
    outcome: 'released',
    images: [image('built')],
    deployments: [deployed],
  });
});
