import { chooseWorkflow } from '../../../src/builders/dispatch/workflow.js';
import { runInputs, type DispatchRequest } from '../../../src/builders/dispatch/inputs.js';

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
  ...{ images: [], extraTags: [], platforms: [], push: 'auto', deploy: 'auto', order: 'forward-only' },
  ...{ noCache: false, rebuild: false },
};

function choose(files: ReturnType<typeof file>[], workflow?: string) {
  const choice = chooseWorkflow(files, { type: 'dispatch', ...(workflow && { workflow }) });
  return choice.status === 'chosen' ? choice.workflow.file : choice.problem.code;
}

function inputsOf(text: string, request: Partial<DispatchRequest>) {
  const choice = chooseWorkflow([file('r.yml', text)], { type: 'dispatch' });
  if (choice.status !== 'chosen') throw new Error(choice.problem.message);
  const { inputs, problems } = runInputs(choice.workflow, { ...NOTHING, ...request });
  return problems.length > 0 ? problems.map(({ message }) => message) : inputs;
}

test('maps options to the inputs that are passed to a reusable release workflow', () => {
  expect(inputsOf(CALL, { images: ['api'] })).toEqual({ keys: 'api' });
});

test.each<[string, ReturnType<typeof file>[], string | undefined, string]>([
  [
    'the only workflow with `workflow_dispatch` is chosen',
    [file('a.yml', BY_HAND), file('b.yml', `on: push\n${steps()}`)],
    undefined,
    'a.yml',
  ],
  ['triggers may be a list', [file('a.yml', `on: [push, workflow_dispatch]\n${steps()}`)], undefined, 'a.yml'],
  ['the trigger may be a string', [file('a.yml', `on: workflow_dispatch\n${steps()}`)], undefined, 'a.yml'],
  [
    'a workflow that also runs on push is preferred',
    [file('a.yml', BY_HAND), file('b.yml', `on: workflow_dispatch\n${steps()}`)],
    undefined,
    'a.yml',
  ],
  [
    'several equal workflows are an error',
    [file('a.yml', BY_HAND), file('b.yml', BY_HAND)],
    undefined,
    'dispatch/no-workflow',
  ],
  [
    'a workflow that calls the reusable release workflow is chosen',
    [file('a.yml', CALL), file('b.yml', 'on: push\n')],
    undefined,
    'a.yml',
  ],
  ['the configured workflow is chosen', [file('a.yml', BY_HAND), file('b.yml', BY_HAND)], 'b.yml', 'b.yml'],
  ["a configured workflow that doesn't exist is an error", [file('a.yml', BY_HAND)], 'c.yml', 'dispatch/no-workflow'],
  [
    'a repository without `workflow_dispatch` is an error',
    [file('b.yml', `on: push\n${steps()}`)],
    undefined,
    'dispatch/no-workflow',
  ],
  ['a repository without workflows is an error', [], undefined, 'dispatch/no-workflow'],
  [
    'a workflow that runs the command line is chosen',
    [file('a.yml', 'on: workflow_dispatch\njobs: { r: { steps: [{ run: npx image-release release }] } }\n')],
    undefined,
    'a.yml',
  ],
])('choosing a workflow: %s', (_, files, workflow, expected) => {
  expect(choose(files, workflow)).toBe(expected);
});

const on = (inputs: string, rest: string) => `on: { push: , workflow_dispatch: { inputs: { ${inputs} } } }\n${rest}`;

test('passes an option to the input that the step reads, whatever the name of the input', () => {
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

test('rejects an option if no step of this action reads the declared input', () => {
  const text = on('images: , rebuild: ', steps("images: '${{ inputs.images }}', rebuild: true"));
  expect(inputsOf(text, { images: ['api'], rebuild: true })).toEqual([
    "r.yml can't take rebuild `true`: no step of this action reads its input `rebuild`.",
  ]);
});

test('reports a choice input that lacks the value, and a required input without a value', () => {
  const text = on(
    'images: { type: choice, options: [all, api] }, reason: { required: true }',
    steps("images: '${{ inputs.images }}'"),
  );
  expect(inputsOf(text, { images: ['web'] })).toEqual([
    "r.yml can't take images `web`: its input `images` accepts only `all`, `api`.",
    'r.yml requires the input `reason`, and this release has no value for it.',
  ]);
});
