/** @programs docker kubectl kustomize */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { commandBlocks } from '../repository/command-blocks.js';
import { MARKDOWN, ROOT, textOf } from '../repository/repository-files.js';
import { openDocumentedProject, type DocumentedProject, type Outcome } from './documented-project.js';

jest.setTimeout(60_000);

/** Blocks of pages that can't carry a mark, because users get them too, and the tests that run them. */
const RUN_ELSEWHERE: { page: string; pattern: RegExp; test: string }[] = [
  {
    page: 'examples/acme/k8s/kaniko/README.md',
    pattern: /kubectl (?:exec|rollout)/,
    test: '__tests__/stories/kaniko-runner.lab.test.ts',
  },
];

/** What the lab has no stand-in for on a command line: the only grounds for not running a block. */
const LACKING: { what: string; pattern: RegExp }[] = [
  { what: "GitHub's own client", pattern: /\bgh / },
  { what: 'a program that is not packaged everywhere', pattern: /\b(?:cosign|argocd|flux|jq) / },
  { what: 'a program for what comes out', pattern: /\| jq / },
  { what: 'a run on GitHub', pattern: /--watch|--builder dispatch/ },
  { what: 'a server that is named for example', pattern: /tcp:\/\/|\.example\.(?:org|com)|git clone https:/ },
  { what: 'a change of the whole machine', pattern: /--privileged|\/var\/lib\/docker/ },
  { what: 'the tests themselves, or what starts a lab', pattern: /^npm (?:test|run \w+)/m },
];

const blocks = MARKDOWN.flatMap((file) =>
  commandBlocks(file, textOf(file)).map((block) => {
    const elsewhere = RUN_ELSEWHERE.find(
      ({ page, pattern }) => page === file && pattern.test(block.commands.join('\n')),
    );
    return { runBy: elsewhere?.test, ...block };
  }),
);
const skipped = blocks.filter(({ notRun }) => notRun !== undefined);
const elsewhere = blocks.filter(({ runBy }) => runBy !== undefined);
const here = blocks.filter(({ notRun, runBy }) => notRun === undefined && runBy === undefined);

let project: DocumentedProject;
beforeAll(async () => {
  project = await openDocumentedProject();
}, 120_000);
afterAll(() => project.close());

/** The same words do the same on every page. */
const outcomes = new Map<string, Promise<Outcome>>();
function outcomeOf(script: string, isNewProject: boolean): Promise<Outcome> {
  const key = `${isNewProject}: ${script}`;
  const known = outcomes.get(key) ?? project.run(script, { isNewProject });
  outcomes.set(key, known);
  return known;
}

test.each(here)(
  'what $place tells to type works',
  async ({ commands, eachAlone, exitCode, isNewProject }) => {
    for (const script of eachAlone ? commands : [commands.join('\n')]) {
      const { code, output } = await outcomeOf(script, isNewProject);
      expect({ script, code, output: code === exitCode ? '' : output }).toEqual({
        script,
        code: exitCode,
        output: '',
      });
    }
  },
);

test.each(skipped)('$place is not run, for a reason: $notRun', ({ notRun, commands }) => {
  expect(notRun).toMatch(/\w{3}/);
  const lacking = LACKING.filter(({ pattern }) => commands.some((command) => pattern.test(command)));
  expect(lacking).not.toEqual([]);
});

test.each(elsewhere)('$place is run by another test: $runBy', ({ runBy, commands }) => {
  const test = existsSync(join(ROOT, runBy!)) ? textOf(runBy!) : '';
  const words = commands.flatMap((command) => command.split(' ')).filter((word) => /^[\w/]{3}/.test(word));
  const distinctive = words.filter((word) => !['image-release', 'kubectl'].includes(word));
  expect(distinctive.filter((word) => test.includes(word))).not.toEqual([]);
});
