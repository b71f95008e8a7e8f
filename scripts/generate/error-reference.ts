import type { PROBLEM_CATALOGUE, ProblemCode } from '../../src/lib/problem-catalogue.js';
import { plainStyle, renderProblem, type Style } from '../../src/report/terminal.js';
import { ERROR_CAUSES } from './error-causes.js';
import type { ErrorSample } from './error-samples.js';

type Catalogue = typeof PROBLEM_CATALOGUE;

/** Titles of the pages, by the first part of the codes, in the order in which a release meets them. */
const FAMILIES: Record<string, string> = {
  usage: 'Command line',
  input: 'Inputs and options',
  config: 'Configuration',
  scaffold: 'Generated files',
  source: 'Checkout and event',
  image: 'Image names',
  tags: 'Tags',
  plan: 'Plan',
  preflight: 'Checks before the build',
  build: 'Builders and builds',
  kaniko: 'Kaniko',
  cluster: 'Cluster',
  dispatch: 'Workflow runs on GitHub',
  registry: 'Registry',
  signing: 'Signatures',
  deploy: 'Deployment',
  live: 'Live status',
  cleanup: 'Cleanup',
  internal: 'Other errors',
};

const INTRODUCTIONS: Record<string, string> = {
  preflight: `These checks run before anything is built or pushed. Errors stop the release; warnings go to the summary. Checks of an
image run only if it is built.

To silence a warning, name it in the Dockerfile before the first instruction. \`skip=all\` silences all of them:

\`\`\`dockerfile
# check=skip=preflight/unlocked-install,preflight/node-too-old
FROM node:24-alpine
\`\`\``,
};

const NOTE = '<!-- Generated from src/lib/problems and scripts/generate by `npm run generate`. -->';

/** The pages of `docs/errors`, by path: an index, and a page per family of codes. */
export function errorPages(catalogue: Catalogue, samples: ReadonlyMap<string, ErrorSample>): Map<string, string> {
  const codes = Object.keys(catalogue) as ProblemCode[];
  const unnamed = codes.filter((code) => !(familyOf(code) in FAMILIES));
  if (unnamed.length > 0) throw new Error(`Codes of a family without a title: ${unnamed.join(', ')}`);
  const families = Object.entries(FAMILIES).map(([family, title]) => ({
    family,
    title,
    codes: codes.filter((code) => familyOf(code) === family),
  }));
  return new Map([
    ['docs/errors/README.md', index(families)],
    ...families.map(({ family, title, codes: own }): [string, string] => [
      `docs/errors/${family}.md`,
      page(family, title, own, catalogue, samples),
    ]),
  ]);
}

interface Family {
  family: string;
  title: string;
  codes: ProblemCode[];
}

function index(families: readonly Family[]): string {
  return `# Errors

${NOTE}

Every error and warning has a code, a place if it concerns a file, and a fix.

| Exit code | Meaning |
|---|---|
| 0 | Success, including nothing to do |
| 1 | Failure |
| 2 | Wrong usage or configuration |
| 3 | Not deployed: a newer release is deployed, or the order is unknown |
| 130 | Cancelled |

${families
  .map(
    ({ family, title, codes }) => `## ${title}

| Code | Cause |
|---|---|
${codes.map((code) => `| [\`${code}\`](${family}.md#${anchor(code)}) | ${cell(ERROR_CAUSES[code])} |`).join('\n')}
`,
  )
  .join('\n')}`;
}

function page(
  family: string,
  title: string,
  codes: readonly ProblemCode[],
  catalogue: Catalogue,
  samples: ReadonlyMap<string, ErrorSample>,
): string {
  return [
    `# ${title}`,
    NOTE,
    ...(INTRODUCTIONS[family] === undefined ? [] : [INTRODUCTIONS[family]]),
    ...codes.map((code) => section(code, catalogue[code], samples.get(code))),
  ]
    .join('\n\n')
    .concat('\n');
}

const familyOf = (code: string) => code.split('/')[0]!;

/** As GitHub makes anchors of headings. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

const cell = (text: string) => fromErrors(text).replaceAll('|', '\\|');

/** Links of the catalogue are relative to `docs`. */
const fromErrors = (text: string) => text.replaceAll(/\]\((?=[a-z-]+\.md)/g, '](../');

function section(code: ProblemCode, { exit, fix }: Catalogue[ProblemCode], sample: ErrorSample | undefined): string {
  return [
    `## \`${code}\``,
    `Exit code ${exit}. ${fromErrors(ERROR_CAUSES[code])}`,
    `**Fix:** ${fromErrors(fix)}`,
    ...(sample === undefined ? [] : [`\`\`\`text\n${shown(sample, fix)}\n\`\`\``]),
  ].join('\n\n');
}

const WIDTH = 110;

/** As a terminal of this width shows it. */
const PAGE: Style = {
  ...plainStyle,
  fit: (text, indent) => {
    const lines = [''];
    for (const word of text.trimStart().split(' ')) {
      const line = lines.at(-1)!;
      if (line === '') lines[lines.length - 1] = word;
      else if (line.length + 1 + word.length + indent <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
      else lines.push(word);
    }
    return `  ${lines.join(`\n${' '.repeat(indent)}`)}`;
  },
};

/** Without the fix if the page has just said it. */
function shown({ place, ...problem }: ErrorSample, fix: string): string {
  const text = renderProblem({ ...problem, ...(place !== undefined && { place: { file: place } }) }, PAGE);
  return problem.fix === fix ? text.slice(0, text.lastIndexOf('\n  →')) : text;
}
