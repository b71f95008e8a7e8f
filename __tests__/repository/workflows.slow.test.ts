import { parse } from 'yaml';
import { DOCUMENTED_WORKFLOWS } from './documented-yaml.js';
import { WORKFLOWS, textOf } from './repository-files.js';
import { LINT_TIMEOUT_MS, lintWorkflows } from './workflow-lint.js';

interface Step {
  uses?: string;
  with?: Record<string, unknown>;
}

interface Job {
  /** A called workflow has a separate time limit. */
  uses?: string;
  'timeout-minutes'?: number;
  permissions?: Record<string, string>;
  outputs?: Record<string, string>;
  steps?: Step[];
}

interface Workflow {
  on?: { workflow_call?: object; push?: object; workflow_dispatch?: object };
  permissions?: Record<string, string>;
  concurrency?: string | { group: string };
  jobs: Record<string, Job>;
}

const workflows = WORKFLOWS.map((file) => ({ file, workflow: parse(textOf(file)) as Workflow }));
/** Only other workflows call it: the caller sets trigger, concurrency group and permissions. */
const isCalled = ({ on }: Workflow) => Object.keys(on ?? {}).join() === 'workflow_call';
const started = workflows.filter(({ workflow }) => !isCalled(workflow));
const inputs = Object.keys((parse(textOf('action.yml')) as { inputs: object }).inputs);
const outputs = Object.keys((parse(textOf('action.yml')) as { outputs: object }).outputs);

/** Workflows with a mistake, and the expected finding. */
const PLANTED: Record<string, { head: string; job?: string; steps?: string; finding: string }> = {
  'a misspelt key': { head: 'on: { push: { branchs: [main] } }', finding: 'unexpected key "branchs"' },
  'a permission that does not exist': {
    head: 'on: push\npermissions: { packages: wriet }',
    finding: '"wriet" is invalid',
  },
  'a job that needs a missing job': {
    head: 'on: push',
    job: 'needs: none',
    finding: 'needs job "none" which does not exist',
  },
  'untrusted text in a shell': {
    head: 'on: issues',
    steps: "[{ run: 'echo ${{ github.event.issue.title }}' }]",
    finding: 'potentially untrusted',
  },
  'an output of a missing step': {
    head: 'on: push',
    job: "outputs: { x: '${{ steps.y.outputs.z }}' }",
    finding: 'property "y" is not defined',
  },
};

/** Findings in all workflows, from one run, because each start of the linter takes seconds. */
let found: Record<string, string[]>;
beforeAll(async () => {
  const planted = Object.entries(PLANTED).map(
    ([name, { head, job = 'name: Planted', steps = "[{ run: 'true' }]" }]) => [
      name,
      `${head}\njobs:\n  job:\n    runs-on: ubuntu-latest\n    ${job}\n    steps: ${steps}\n`,
    ],
  );
  const own = WORKFLOWS.map((file) => [file, textOf(file)]);
  found = await lintWorkflows({ ...DOCUMENTED_WORKFLOWS, ...Object.fromEntries([...planted, ...own]) });
}, LINT_TIMEOUT_MS);

test('every workflow in this repository, its example and its documentation is valid', () => {
  const places = [...WORKFLOWS, ...Object.keys(DOCUMENTED_WORKFLOWS)];
  expect(WORKFLOWS.length).toBeGreaterThanOrEqual(4);
  expect(places.length).toBeGreaterThan(WORKFLOWS.length + 3);
  expect(places.flatMap((place) => found[place]!.map((finding) => `${place}: ${finding}`))).toEqual([]);
});

test.each(Object.entries(PLANTED))('the linter finds %s, and nothing else', (name, { finding }) => {
  expect(found[name]).toEqual([expect.stringContaining(finding)]);
});

test.each(workflows)('$file passes only existing inputs to image-release', ({ workflow }) => {
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);
  const ours = steps.filter(({ uses }) => uses?.startsWith('ardenone/image-release@'));
  expect(ours.flatMap((step) => Object.keys(step.with ?? {})).filter((name) => !inputs.includes(name))).toEqual([]);
});

test.each(workflows)('$file reads only existing outputs of image-release', ({ file }) => {
  const read = [...textOf(file).matchAll(/\b(?:steps\.(?:release|build)|needs\.\w+)\.outputs\.([\w-]+)/g)];
  expect(read.map(([, name]) => name!).filter((name) => !outputs.includes(name))).toEqual([]);
});

test.each(workflows)('every job in $file has a time limit', ({ workflow }) => {
  const endless = Object.entries(workflow.jobs).filter(([, job]) => !job.uses && !job['timeout-minutes']);
  expect(endless.map(([name]) => name)).toEqual([]);
});

test.each(started)('$file sets a concurrency group', ({ workflow }) => {
  expect(workflow.concurrency).toBeDefined();
});

/** Write permissions of each job. Jobs that are missing here may not write. */
const WRITES: Record<string, string[]> = {
  '.github/workflows/publish.yml publish': ['contents'],
  'examples/workflows/build-then-deploy.yml build': ['packages'],
  'examples/workflows/build-then-deploy.yml deploy': ['contents'],
  'examples/workflows/call-release.yml release': ['contents', 'packages'],
  'examples/workflows/cleanup.yml cleanup': ['packages'],
  'examples/workflows/deploy-as-app.yml release': ['packages'],
  'examples/workflows/deploy-elsewhere.yml release': ['packages'],
  'examples/workflows/native-platforms.yml amd64': ['packages'],
  'examples/workflows/native-platforms.yml arm64': ['packages'],
  'examples/workflows/native-platforms.yml release': ['contents', 'packages'],
  'examples/workflows/promote.yml production': ['contents'],
  'examples/workflows/promote.yml staging': ['contents', 'packages'],
  'examples/workflows/push.yml release': ['contents', 'packages'],
  'examples/workflows/scheduled.yml release': ['contents', 'packages'],
  'examples/workflows/version-tags.yml release': ['contents', 'packages'],
  'workflow-templates/release-images.yml release': ['contents', 'packages'],
  'examples/acme/.github/workflows/build-push.yml release': ['contents', 'packages'],
  'examples/acme/.github/workflows/build-then-deploy.yml build': ['packages'],
  'examples/acme/.github/workflows/build-then-deploy.yml deploy': ['contents'],
};

test.each(started)('$file sets permissions and grants only the expected write access', ({ file, workflow }) => {
  expect(workflow.permissions).toBeDefined();
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const granted = Object.entries(job.permissions ?? workflow.permissions ?? {});
    const writes = granted.filter(([, level]) => level === 'write').map(([scope]) => scope);
    expect({ job: name, writes: writes.sort() }).toEqual({
      job: name,
      writes: WRITES[`${file} ${name}`] ?? [],
    });
  }
});

/** Our own Action and workflow, by version: `v1` moves on purpose, and the called workflow names its own version. */
const OWN = /^ardenone\/image-release(?:\/\.github\/workflows\/release\.yml)?@v\d/;

test.each(workflows.filter(({ file }) => !file.startsWith('examples/acme/')))(
  '$file pins third-party actions to commits',
  ({ workflow }) => {
    const used = Object.values(workflow.jobs).flatMap(({ uses, steps = [] }) => [
      uses,
      ...steps.map((step) => step.uses),
    ]);
    const others = used.filter((uses) => uses && !uses.startsWith('./') && !OWN.test(uses));
    expect(others.filter((uses) => !/@[0-9a-f]{40}$/.test(uses!))).toEqual([]);
  },
);

describe('the examples', () => {
  const examples = workflows.filter(({ file }) => file.startsWith('examples/workflows/'));

  test.each(examples)('$file begins with a comment on when to use it', ({ file }) => {
    expect(textOf(file)).toMatch(/^# Use this [^\n]+\n(?:# [^\n]+\n)*name: /);
  });

  test.each([...examples, ...workflows.filter(({ file }) => file.startsWith('workflow-templates/'))])(
    '$file explains each permission in a comment',
    ({ file }) => {
      const silent = textOf(file)
        .split('\n')
        .filter((line) => /^\s+[\w-]+: (?:read|write)\b/.test(line) && !/(?:read|write) # \w/.test(line))
        .filter((line) => !/^\s+permission-/.test(line));
      expect(silent).toEqual([]);
    },
  );

  test('have unique names, because one repository may contain all of them', () => {
    const names = examples
      .filter(({ file }) => !/\/(?:push|version-tags|call-release)\.yml$/.test(file))
      .map(({ file }) => /^name: (.*)$/m.exec(textOf(file))?.[1]);
    expect(new Set(names).size).toBe(names.length);
  });

  test('are all linked in docs/recipes.md', () => {
    const text = textOf('docs/recipes.md');
    for (const { file } of examples) expect(text).toContain(`(../${file})`);
    expect(text).toContain('(../examples/dependabot.yml)');
  });
});

describe('starter templates', () => {
  const templates = WORKFLOWS.filter((file) => file.startsWith('workflow-templates/'));

  test.each(templates)('%s has complete properties and an icon, and runs on the default branch', (file) => {
    const name = /([\w-]+)\.yml$/.exec(file)?.[1] ?? '';
    const about = JSON.parse(textOf(`workflow-templates/${name}.properties.json`)) as Record<string, unknown>;
    expect(about).toEqual({
      name: expect.stringMatching(/\w/),
      description: expect.stringMatching(/\.$/),
      iconName: name,
      categories: expect.arrayContaining(['Deployment']),
      filePatterns: expect.arrayContaining(['Dockerfile$']),
    });
    for (const pattern of about['filePatterns'] as string[]) expect(() => new RegExp(pattern)).not.toThrow();
    expect(textOf(`workflow-templates/${about['iconName'] as string}.svg`)).toMatch(/^<svg /);
    expect(textOf(file)).toContain('branches: [$default-branch]');
  });
});

test('CI runs the script .ci/run', () => {
  expect(textOf('.github/workflows/ci.yml')).toMatch(/run: \.ci\/run$/m);
});
