import type { PullRequestMode } from '../../config/config.js';
import { SKIP_CI } from '../commit-message.js';
import type { ImageChange } from '../target.js';
import { SOURCE_OF, type Position } from '../order.js';

export interface ProposalFacts {
  channel: string;
  server: string;
  /** The changes, one per Kustomization; also those that earlier runs have proposed. */
  parts: readonly { path: string; changes: readonly ImageChange[]; diff: string }[];
  sources?: ReadonlyMap<string, Position>;
  autoMerge?: PullRequestMode['autoMerge'];
  /** Of the commit that is proposed; its first line becomes the title. */
  message: string;
}

/** Characters: GitHub takes 65,536 in all. */
const TABLE_LENGTH = 30_000;
const DIFF_LENGTH = 30_000;

/**
 * The text of a pull request, as Markdown. It may end up in a merge commit (a setting of the repository), so
 * nothing in it may ask for checks to be skipped.
 */
export function writePullRequest(facts: ProposalFacts): string {
  const head = [`Deploys to channel ${code(facts.channel)}:`, writeTable(facts)].join('\n\n');
  const diff = facts.parts
    .map((part) => part.diff)
    .filter(Boolean)
    .join('\n');
  const text = [head, ...writeSources(facts), ...(diff === '' ? [] : [writeDiff(diff)]), writeRules(facts)].join(
    '\n\n',
  );
  return `${text.replace(SKIP_CI, '…')}\n`;
}

function writeTable({ parts, sources, server }: ProposalFacts): string {
  const rows = parts.flatMap(({ path, changes }) =>
    changes.map(({ key, before, after }) => {
      const cells = [code(key), code(before), code(after), code(path)];
      return `| ${[...cells, writeSource(sources?.get(key), server)].join(' | ')} |`;
    }),
  );
  const { shown, left } = fitting(rows, TABLE_LENGTH);
  return [
    '| image | before | after | Kustomization | built from |',
    '|---|---|---|---|---|',
    ...shown,
    ...(left > 0 ? [`| and ${left} more | | | | |`] : []),
  ].join('\n');
}

function writeSource(source: Position | undefined, server: string): string {
  if (source === undefined) return '';
  const { repository, commit, run } = source;
  const short = code(commit.slice(0, 7));
  if (repository === undefined) return run === undefined ? short : `${short}, run ${run}`;
  const page = `${server}/${repository}`;
  const links = [`[${short}](${page}/commit/${commit})`];
  if (run !== undefined) links.push(`[run ${run}](${page}/actions/runs/${run})`);
  return links.join(', ');
}

/** The commits of the source, as the message lists them. */
function writeSources({ message }: ProposalFacts): string[] {
  const lists = message.split('\n\n').filter((paragraph) => paragraph.startsWith(SOURCE_OF));
  return lists.map((list) => list.replace('\n', '\n\n').replace(/[\\`*_[\]<>|]/g, '\\$&'));
}

function writeDiff(diff: string): string {
  const { shown, left } = fitting(diff.trimEnd().split('\n'), DIFF_LENGTH);
  const fence = fenceFor(diff, 3);
  return [`${fence}diff`, ...shown, fence, ...(left > 0 ? ['', `${left} more lines: see "Files changed".`] : [])].join(
    '\n',
  );
}

/** As many whole lines as there is room for. */
function fitting(lines: readonly string[], room: number): { shown: string[]; left: number } {
  let length = 0;
  const end = lines.findIndex((line) => (length += line.length + 1) > room);
  const shown = end < 0 ? [...lines] : lines.slice(0, end);
  return { shown, left: lines.length - shown.length };
}

function writeRules({ autoMerge }: ProposalFacts): string {
  return [
    autoMerge === undefined
      ? '- Merge it to deploy.'
      : '- It merges by itself as soon as the rules of the branch allow.',
    '- Newer releases of the channel update this pull request in place; it holds all that is proposed and not yet merged.',
    '- Close it to reject it: newer releases open another one, without what is proposed here.',
    '- Its branch is rewritten by releases; add no other commits to it.',
  ].join('\n');
}

/** A code span on one line, also inside a table. */
function code(text: string): string {
  const line = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  if (line === '') return '';
  const fence = fenceFor(line, 1);
  const pad = line.includes('`') ? ' ' : '';
  return `${fence}${pad}${line.replaceAll('|', '\\|')}${pad}${fence}`;
}

/** More backticks in a row than there are anywhere inside (https://spec.commonmark.org/0.31.2/#code-spans). */
function fenceFor(text: string, atLeast: number): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  return '`'.repeat(Math.max(atLeast, longest + 1));
}
