import type { ImageChange } from './target.js';
import type { LedgerAmendment } from './ledger/ledger.js';
import { splitReference } from './kustomization/image-reference.js';
import { describeAdvances, referenceTrailers, type Advance, type SourceCommit } from './order.js';

export interface CommitFacts {
  act?: Act;
  changes: readonly ImageChange[];
  tags: ReadonlyMap<string, string>;
  /** The commit that the images were built from, if it is known. */
  source?: string;
  run?: string;
  /** Unique to one attempt, so that a commit of unknown outcome is recognised. */
  id: string;
  /** URL of the repository that has the source. */
  url?: string;
  /** The source commits since the releases that are replaced. */
  advances?: readonly Advance[];
  /** The commit of the source. */
  reference?: SourceCommit;
  /** First line as configured; `{{images}}` and `{{tag}}` are filled in. */
  template?: string;
}

/** What a run does to images; decides the first words of its messages. */
export type Act = keyof typeof WORDS;

const WORDS = {
  deploy: { verb: 'Deploy', before: '' },
  'roll-back': { verb: 'Roll back', before: 'to ' },
  promote: { verb: 'Promote', before: '' },
  confirm: { verb: 'Confirm', before: '' },
  propose: { verb: 'Propose', before: '' },
} as const;

/** Of a ledger's commit: `git log refs/image-release/<channel>` is the history of releases. */
export interface LedgerFacts extends Pick<CommitFacts, 'source' | 'run' | 'id'> {
  act: Act;
  records: readonly { key: string; tag: string; before?: string }[];
  amendments: readonly LedgerAmendment[];
}

export const TRAILERS = {
  source: 'Image-Release-Source',
  run: 'Image-Release-Run',
  id: 'Image-Release-Id',
  /** Of a ledger's commit, as JSON. */
  amendments: 'Image-Release-Amendments',
} as const;

const SUBJECT_LENGTH = 72;
/** https://docs.github.com/actions/managing-workflow-runs/skipping-workflow-runs, and GitLab's and Azure's forms. */
export const SKIP_CI =
  /\[(skip ci|ci skip|no ci|skip actions|actions skip|ci\.skip|skip azp|azp skip)\]|\*{3}NO_CI\*{3}|skip-checks:\s*true/gi;

/**
 * The message of a deploy commit: subject, a line per image, trailers in the last paragraph
 * (git-interpret-trailers(1) reads only that one, so nothing above it can pass for a trailer).
 */
export function writeCommitMessage(facts: CommitFacts): string {
  const { changes, advances = [], reference, url } = facts;
  const lists = describeAdvances(advances, url).map((lines) => lines.map((line) => oneLine(line.replace(SKIP_CI, ''))));
  const trailers = reference === undefined ? [] : referenceTrailers(reference, url);
  return paragraphs(subjectOf(facts), [unique(changes.map(describeChange)), ...lists], facts, trailers);
}

export function writeLedgerMessage(facts: LedgerFacts): string {
  const { records, act, amendments } = facts;
  const tags = new Map(records.map(({ key, tag }) => [key, tag]));
  const lines = records.map(({ key, tag, before }) =>
    oneLine(before === undefined || before === tag ? `${key}: ${tag}` : `${key}: ${before} → ${tag}`),
  );
  const amended = amendments.length > 0 ? JSON.stringify(amendments) : undefined;
  return paragraphs(shortest([...tags.keys()], tags, act), [lines], facts, [[TRAILERS.amendments, amended]]);
}

function paragraphs(
  subject: string,
  body: readonly (readonly string[])[],
  { source, run, id }: Pick<CommitFacts, 'source' | 'run' | 'id'>,
  more: readonly [name: string, value: string | undefined][] = [],
): string {
  const all: [string, string | undefined][] = [
    [TRAILERS.source, source],
    [TRAILERS.run, run],
    [TRAILERS.id, id],
    ...more,
  ];
  const trailers = all.flatMap(([name, value]) => (value ? [`${name}: ${oneLine(value.replace(SKIP_CI, ''))}`] : []));
  return `${[subject, ...body.map((lines) => lines.join('\n')), trailers.join('\n')].join('\n\n')}\n`;
}

export function readTrailer(message: string, name: string): string | undefined {
  const [, ...rest] = message.trimEnd().split(/\n[ \t]*\n/);
  const last = rest.at(-1) ?? '';
  const line = last.split('\n').findLast((candidate) => candidate.startsWith(`${name}: `));
  return line?.slice(name.length + 2).trim();
}

export function isDeployCommit(message: string): boolean {
  return readTrailer(message, TRAILERS.id) !== undefined;
}

function subjectOf({ changes, tags, template, act = 'deploy' }: CommitFacts): string {
  const keys = unique(changes.map((change) => change.key));
  if (template !== undefined) {
    const filled = template
      .replaceAll('{{images}}', keys.join(', '))
      .replaceAll('{{tag}}', unique(keys.flatMap((key) => tags.get(key) ?? [])).join(', '));
    const subject = oneLine(filled.replace(SKIP_CI, ''));
    if (subject !== '') return subject;
  }
  return shortest(keys, tags, act);
}

/** Names all images with their tags, then shorter forms, until one fits into the subject. */
function shortest(keys: readonly string[], tags: ReadonlyMap<string, string>, act: Act): string {
  const { verb, before } = WORDS[act];
  const at = (key: string) => (tags.has(key) ? `${before}${tags.get(key)}` : undefined);
  const named = keys.map((key) => [key, at(key)].filter(Boolean).join(' '));
  const distinct = unique(keys.flatMap((key) => at(key) ?? []));
  const forms = [
    ...(distinct.length === 1 && keys.length > 1 ? [`${verb} ${keys.join(', ')} ${distinct[0]}`] : []),
    `${verb} ${named.join(', ')}`,
    `${verb} ${keys.join(', ')}`,
    `${verb} ${named[0]} and ${keys.length - 1} more`,
    `${verb} ${keys[0]} and ${keys.length - 1} more`,
    keys.length === 1 ? `${verb} ${keys[0]}` : `${verb} ${keys.length} images`,
  ].map(oneLine);
  return forms.find((form) => form.length <= SUBJECT_LENGTH) ?? (forms.at(-1) as string);
}

/** `api: ghcr.io/acme/api:old → new`: a name that both have is written once. */
function describeChange({ key, before, after }: ImageChange): string {
  const { name } = splitReference(after);
  const rest = after.slice(name.length).replace(/^:/, '');
  const short = name === splitReference(before).name && rest !== '' ? rest : after;
  return oneLine(`${key}: ${before} → ${short}`);
}

/** Without control characters or line separators: a tag or branch name can't add lines. */
function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
