import { plainStyle, renderProblem, type Style } from '../../src/report/terminal.js';
import type { ErrorSample } from './error-samples.js';

type Catalogue = Record<string, { exit: number; cause: string; fix: string }>;

/** What codes begin with, in the order in which a release meets it. */
const AREAS: Record<string, string> = {
  usage: 'Command line',
  input: 'Inputs and options',
  config: 'Configuration',
  scaffold: 'Files that are written for a repository',
  source: 'Checkout and event',
  image: 'Image names',
  tags: 'Tags',
  plan: 'Plan',
  preflight: 'Checks before anything is spent',
  build: 'Builders and builds',
  kaniko: 'Kaniko',
  cluster: 'Cluster',
  dispatch: 'Builds in a workflow elsewhere',
  registry: 'Registry',
  signing: 'Signatures',
  deploy: 'Deploy',
  internal: 'Anything else',
};

/** Text of `docs/errors.md`. */
export function errorReference(catalogue: Catalogue, samples: ReadonlyMap<string, ErrorSample>): string {
  const codes = Object.keys(catalogue);
  const unnamed = codes.filter((code) => !(areaOf(code) in AREAS));
  if (unnamed.length > 0) throw new Error(`Codes of an area without a title: ${unnamed.join(', ')}`);
  const areas = Object.entries(AREAS).map(([area, title]) => ({
    title,
    codes: codes.filter((code) => areaOf(code) === area),
  }));
  return [
    '# Errors',
    '',
    '<!-- Generated from src/lib/problem-catalogue.ts and scripts/generate/error-samples by `npm run generate`. -->',
    '',
    'Every message carries one of these codes, its place as `file:line:column` where it has one, and after the arrow what to do next.',
    'Whatever can be known beforehand is told together, before anything is built.',
    '',
    'What an error looks like is shown as a test has met it. The same test does what the fix says, unless that is in the hands of others, and sees the error gone.',
    'Names, digests and folders are examples.',
    '',
    '| Exit code | Meaning |',
    '|---|---|',
    '| 0 | Done; also when there was nothing to do. |',
    '| 1 | Failed. |',
    '| 2 | Wrong usage or configuration: running it again without a change gives the same. |',
    '| 3 | Superseded by a newer release, or refused because of the order of releases. |',
    '| 130 | Cancelled. |',
    '',
    '## All codes',
    '',
    areas.map(({ title }) => `[${title}](#${anchor(title)})`).join(' · '),
    '',
    ...areas.flatMap(({ title, codes: ofArea }) => [
      `| ${title} | |`,
      '|---|---|',
      ...ofArea.map((code) => `| [\`${code}\`](#${anchor(code)}) | ${cell(catalogue[code]!.cause)} |`),
      '',
    ]),
    ...areas.flatMap(({ title, codes: ofArea }) => [
      `## ${title}`,
      '',
      ...ofArea.flatMap((code) => section(code, catalogue[code]!, samples.get(code))),
    ]),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function areaOf(code: string): string {
  return code.split('/')[0]!;
}

/** As GitHub makes anchors of headings. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function section(
  code: string,
  { exit, cause, fix }: Catalogue[string],
  sample: ErrorSample | undefined,
): string[] {
  return [
    `### \`${code}\``,
    '',
    `Exit code ${exit}. ${cause}`,
    '',
    `**Fix:** ${fix}`,
    '',
    ...(sample === undefined ? [] : ['```text', shown(sample), '```', '']),
  ];
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

function shown({ place, ...problem }: ErrorSample): string {
  return renderProblem({ ...problem, ...(place !== undefined && { place: { file: place } }) }, PAGE);
}
