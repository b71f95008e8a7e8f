import { commandBlocks } from '../repository/command-blocks.js';
import { MARKDOWN, textOf } from '../repository/repository-files.js';

/** Blocks that can't have a `run by` mark because users receive the text too, and the tests that run them. */
const RUN_ELSEWHERE: { page: string; pattern: RegExp; test: string }[] = [
  {
    page: 'examples/acme/k8s/kaniko/README.md',
    pattern: /kubectl (?:exec|rollout)/,
    test: '__tests__/stories/kaniko-runner.lab.test.ts',
  },
  // It needs two channels.
  { page: 'docs/cli.md', pattern: /image-release promote/, test: '__tests__/stories/cli-promote.lab.test.ts' },
];

const blocks = MARKDOWN.flatMap((file) =>
  commandBlocks(file, textOf(file)).map((block) => {
    const elsewhere = RUN_ELSEWHERE.find(
      ({ page, pattern }) => page === file && pattern.test(block.commands.join('\n')),
    );
    return { runBy: elsewhere?.test, ...block };
  }),
);
export const NOT_RUN = blocks.filter(({ notRun }) => notRun !== undefined);
export const RUN_BY_OTHERS = blocks.filter(({ runBy }) => runBy !== undefined);

/** Blocks that run in the example of this repository. */
export const RUN_HERE = blocks.filter(({ notRun, runBy }) => notRun === undefined && runBy === undefined);
