import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, textOf } from '../repository/repository-files.js';
import { NOT_RUN, RUN_BY_OTHERS } from './documented-blocks.js';

/** Commands that the lab can't simulate: the only valid reasons not to run a block. */
const LACKING: { what: string; pattern: RegExp }[] = [
  { what: "GitHub's own client", pattern: /\bgh / },
  { what: 'a program that is not packaged everywhere', pattern: /\b(?:cosign|argocd|flux|jq) / },
  { what: 'a program for what comes out', pattern: /\| jq / },
  { what: 'a run on GitHub', pattern: /--watch|--builder dispatch/ },
  { what: 'a server that is named for example', pattern: /tcp:\/\/|\.example\.(?:org|com)|git clone https:/ },
  { what: 'a change of the whole machine', pattern: /--privileged|\/var\/lib\/docker/ },
  { what: 'the tests themselves, or what starts a lab', pattern: /^npm (?:test|run \w+)/m },
];

test.each(NOT_RUN)('$place is not run, for a reason: $notRun', ({ notRun, commands }) => {
  expect(notRun).toMatch(/\w{3}/);
  const lacking = LACKING.filter(({ pattern }) => commands.some((command) => pattern.test(command)));
  expect(lacking).not.toEqual([]);
});

test.each(RUN_BY_OTHERS)('$place is run by another test: $runBy', ({ runBy, commands }) => {
  const test = existsSync(join(ROOT, runBy!)) ? textOf(runBy!) : '';
  const words = commands.flatMap((command) => command.split(' ')).filter((word) => /^[\w/]{3}/.test(word));
  const distinctive = words.filter((word) => !['image-release', 'kubectl'].includes(word));
  expect(distinctive.filter((word) => test.includes(word))).not.toEqual([]);
});
