import { parse } from 'yaml';
import { DOCUMENTED_WORKFLOWS } from './documented-yaml.js';
import { WORKFLOWS, textOf } from './repository-files.js';
import { LINT_TIMEOUT_MS, lintWorkflows } from './workflow-lint.js';

interface Step {
  uses?: string;
  with?: Record<string, unknown>;
}

interface Job {
  /** A workflow that is called brings its own time limit. */
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
/** Called by others alone: who calls says when, in which group and with which permissions. */
const isCalled = ({ on }: Workflow) => Object.keys(on ?? {}).join() === 'workflow_call';
const started = workflows.filter(({ workflow }) => !isCalled(workflow));
const inputs = Object.keys((parse(textOf('action.yml')) as { inputs: object }).inputs);
const outputs = Object.keys((parse(textOf('action.yml')) as { outputs: object }).outputs);

/** Mistakes, and what is said of them. */
const PLANTED: Record<string, { head: string; job?: string; steps?: string; finding: string }> = {
  'a misspelt key': { head: 'on: { push: { branchs: [main] } }', finding: 'unexpected key "branchs"' },
  'a permission that does not exist': {
    head: 'on: push\npermissions: { packages: wriet }',
    finding: '"wriet" is invalid',
  },
  'a job that waits for none': {
    head: 'on: push',
    job: 'needs: none',
    finding: 'needs job "none" which does not exist',
  },
  "a stranger's text in a shell": {
    head: 'on: issues',
    steps: "[{ run: 'echo ${{ github.event.issue.title }}' }]",
    finding: 'potentially untrusted',
  },
  'an output of a step that is not there': {
    head: 'on: push',
    job: "outputs: { x: '${{ steps.y.outputs.z }}' }",
    finding: 'property "y" is not defined',
  },
};

/** What the linter finds in all of them: one start takes seconds. */
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

test('every workflow of this repository, of the example and of the documents is valid', () => {
  const places = [...WORKFLOWS, ...Object.keys(DOCUMENTED_WORKFLOWS)];
  expect(WORKFLOWS.length).toBeGreaterThanOrEqual(4);
  expect(places.length).toBeGreaterThan(WORKFLOWS.length + 3);
  expect(places.flatMap((place) => found[place]!.map((finding) => `${place}: ${finding}`))).toEqual([]);
});

test.each(Object.entries(PLANTED))('the linter finds %s, and nothing else', (name, { finding }) => {
  expect(found[name]).toEqual([expect.stringContaining(finding)]);
});

test.each(workflows)('$file gives image-release only inputs that it has', ({ workflow }) => {
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);
  const ours = steps.filter(({ uses }) => uses?.startsWith('ardenone/image-release@'));
  expect(ours.flatMap((step) => Object.keys(step.with ?? {})).filter((name) => !inputs.includes(name))).toEqual([]);
});

test.each(workflows)('$file reads only outputs that image-release has', ({ file }) => {
  const read = [...textOf(file).matchAll(/\b(?:steps\.(?:release|build)|needs\.\w+)\.outputs\.([\w-]+)/g)];
  expect(read.map(([, name]) => name!).filter((name) => !outputs.includes(name))).toEqual([]);
});

test.each(workflows)('lesson 17: each job of $file ends in time', ({ workflow }) => {
  const endless = Object.entries(workflow.jobs).filter(([, job]) => !job.uses && !job['timeout-minutes']);
  expect(endless.map(([name]) => name)).toEqual([]);
});

test.each(started)('lesson 17: runs of $file do not overlap', ({ workflow }) => {
  expect(workflow.concurrency).toBeDefined();
});

/** What each job may write. Everything that is not here reads at most. */
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

test.each(started)('lesson 17: $file asks for no permission that it does not use', ({ file, workflow }) => {
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

/** Ours, by a version: `v1` moves by intent, and the called workflow names the tag of the version that it belongs to. */
const OWN = /^ardenone\/image-release(?:\/\.github\/workflows\/release\.yml)?@v\d/;

test.each(workflows.filter(({ file }) => !file.startsWith('examples/acme/')))(
  'lesson 17: $file uses actions by commit, so that nobody moves them under it',
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

  test.each(examples)('$file says when to use it', ({ file }) => {
    expect(textOf(file)).toMatch(/^# Use this [^\n]+\n(?:# [^\n]+\n)*name: /);
  });

  test.each([...examples, ...workflows.filter(({ file }) => file.startsWith('workflow-templates/'))])(
    '$file says of each permission what it is for',
    ({ file }) => {
      const silent = textOf(file)
        .split('\n')
        .filter((line) => /^\s+[\w-]+: (?:read|write)\b/.test(line) && !/(?:read|write) # \w/.test(line))
        .filter((line) => !/^\s+permission-/.test(line));
      expect(silent).toEqual([]);
    },
  );

  test('no two of them have one name, since all may stand in one repository', () => {
    const names = examples
      .filter(({ file }) => !/\/(?:push|version-tags|call-release)\.yml$/.test(file))
      .map(({ file }) => /^name: (.*)$/m.exec(textOf(file))?.[1]);
    expect(new Set(names).size).toBe(names.length);
  });

  test('docs/recipes.md leads to each of them', () => {
    const text = textOf('docs/recipes.md');
    for (const { file } of examples) expect(text).toContain(`(../${file})`);
    expect(text).toContain('(../examples/dependabot.yml)');
  });
});

describe('starter templates', () => {
  const templates = WORKFLOWS.filter((file) => file.startsWith('workflow-templates/'));

  test.each(templates)('%s has what GitHub shows of it, and leaves the branch to the repository', (file) => {
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

test('CI runs what a contributor runs', () => {
  expect(textOf('.github/workflows/ci.yml')).toMatch(/run: \.ci\/run$/m);
});
