import type { Position } from '../deploy/order.js';
import { referenceOf, type ChannelStatus, type ImageStatus, type CurrentRelease } from '../deploy/status/status.js';
import type { Served } from '../deploy/status/status.js';
import { formatPlace, type Problem } from '../lib/errors.js';
import type { ProblemCode } from '../lib/problem-catalogue.js';
import { formatReference } from '../plan/references.js';
import { formatAge, formatTime, shortDigest } from './format.js';
import type { LiveImage } from '../live/outcome.js';
import { listOf } from './report.js';
import { liveAsJson, renderLive, runningWords } from './running.js';
import { renderProblems, type Style } from './terminal.js';

interface LiveImageStatus extends ImageStatus {
  /** The live status, if it was read. */
  live?: LiveImage;
}

export type LiveChannel = ChannelStatus<LiveImageStatus>;

/** 1 if anything is wrong, so that scripts and schedules notice. */
export function exitCodeOfStatus(channels: readonly ChannelStatus[]): 0 | 1 {
  return problemsOf(channels).some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** Each image of each channel, the problems, a headline, and the next step. */
export function renderStatus(channels: readonly LiveChannel[], now: Date, style: Style): string {
  return renderChannels(channels, now, style, {
    sound: ['matches the ledger', 'match the ledger'],
    unsound: ['does not match the ledger', 'do not match the ledger'],
  });
}

/** @param more lines of an image in addition to its status */
export function renderChannels<Image extends LiveImageStatus>(
  channels: readonly ChannelStatus<Image>[],
  now: Date,
  style: Style,
  words: { sound: Verb; unsound: Verb },
  more: (image: Image) => string[] = () => [],
): string {
  const lines = [
    ...channels.flatMap((channel) => [
      renderChannel(channel, style),
      ...renderBehind(channel, style),
      ...channel.images.flatMap((image) => [...renderImage(image, now, style), ...more(image)]),
    ]),
    ...renderProblems(problemsOf(channels), style),
    renderSoundness(channels, words, style),
    ...renderRunning(channels, style),
    ...nextSteps(channels, style),
  ];
  return `${lines.join('\n')}\n`;
}

/** `main  on branch main of acme/deploy`. */
export function renderChannel(
  { channel, branch, repository }: Pick<ChannelStatus, 'channel' | 'branch' | 'repository'>,
  style: Style,
): string {
  const where = `on branch ${branch}${repository === undefined ? '' : ` of ${repository}`}`;
  return `${style.strong(channel)}  ${style.faint(where)}`;
}

/** `3 commits behind staging: api main-0f9e8d7 → main-1a2b3c4`. */
function renderBehind({ behind }: ChannelStatus, style: Style): string[] {
  if (behind === undefined) return [];
  const { channel, images, commits } = behind;
  if (images.length === 0) return [`  ${style.good('same releases as')} ${channel}`];
  const count =
    commits === 1 ? '1 commit behind' : commits === undefined ? 'differs from' : `${commits} commits behind`;
  const changes = images.map(({ key, tag, newer }) => `${style.strong(key)} ${tag} → ${newer}`);
  return [style.fit(`  ${count} ${channel}: ${changes.join(', ')}`, 4)];
}

/** The image as the branch deploys it, then since when and from which commit. */
function renderImage(status: LiveImageStatus, now: Date, style: Style): string[] {
  const { key, image, current, files, served } = status;
  const recorded = referenceOf(current);
  const drifted = driftedEntry(status);
  const { tag, digest } = drifted ?? recorded;
  const name = [drifted?.image ?? image ?? '', tag === undefined ? '' : `:${tag}`].join('');
  const places = files.flatMap(({ entries }) =>
    entries.map(({ place }) => formatPlace({ ...place, column: undefined })),
  );
  const facts = [
    ...(places.length === 0 ? [] : [places.join(', ')]),
    ...(current.status === 'absent' || drifted !== undefined ? [] : [SERVED[served.status](style)]),
  ];
  const recordedName = formatReference({
    name: drifted?.image === image ? '' : (image ?? ''),
    ...recorded,
  }).replace(/^:/, '');
  return [
    style.fit(
      `  ${style.strong(key)}  ${name}${digest === undefined ? '' : `  ${style.faint(shortDigest(digest))}`}`,
      6,
    ),
    ...(drifted === undefined
      ? describeCurrent(current, now).map((line) => style.fit(`    ${line}`, 6))
      : [style.fit(`    ${style.bad('drifted')} (recorded: ${recordedName}, ${SERVED[served.status](style)})`, 6)]),
    ...(facts.length === 0 ? [] : [style.fit(`    ${facts.join(' · ')}`, 6)]),
    ...(status.live === undefined ? [] : [style.fit(`    ${renderLive(status.live, style)}`, 6)]),
  ];
}

function renderRunning(channels: readonly LiveChannel[], style: Style): string[] {
  const live = channels.flatMap(({ images }) => images.flatMap((image) => image.live ?? []));
  if (live.length === 0) return [];
  const isGood = live.every(({ outcome }) => outcome.status === 'running');
  const isBad = live.some(({ outcome }) => outcome.status === 'failed' || outcome.status === 'unknown');
  const mark = isGood ? style.good('✓') : isBad ? style.bad('✗') : style.strong('–');
  return [style.fit(`${mark} ${style.strong(runningWords(live))}`, 2)];
}

/** The first entry that names another release than the ledger records. */
function driftedEntry({ files, problems }: ImageStatus) {
  const places = problems.flatMap(({ code, place }) => (code === 'deploy/drifted' && place ? [place] : []));
  return files
    .flatMap(({ entries }) => entries)
    .find(({ place }) => places.some(({ file, line }) => file === place.file && line === place.line));
}

const SERVED: Record<Served['status'], (style: Style) => string> = {
  served: (style) => style.good('in the registry'),
  moved: (style) => style.bad('its tag was moved in the registry'),
  untagged: (style) => style.bad('its tag is missing from the registry'),
  gone: (style) => style.bad('missing from the registry'),
  unanswered: (style) => style.bad('the registry did not answer'),
  unasked: (style) => style.faint('registry not checked'),
};

function describeCurrent(current: CurrentRelease, now: Date): string[] {
  switch (current.status) {
    case 'absent':
      return ['not deployed'];
    case 'unrecorded':
      return ['not recorded; the Kustomization names it'];
    case 'proposed':
      return [`proposed ${origin(current, now)}`, ...pullRequest(current)];
    case 'rolled-back':
      return [
        `rolled back ${origin(current, now)}`,
        ...pullRequest(current),
        `pinned until a commit newer than ${describePosition(current.pinned)} is released`,
      ];
    case 'deployed':
      return [`deployed ${origin(current, now)}`];
    case 'unchanged':
      return [`deployed ${origin(current, now)}`, 'unchanged in the newest release'];
  }
}

function origin({ release }: Extract<CurrentRelease, { release: unknown }>, now: Date): string {
  const by = release.commit === undefined ? '' : `, by commit ${release.commit.slice(0, 7)}`;
  const when = `${formatAge(new Date(release.at), now)} (${formatTime(release.at)})`;
  return `${when} from ${describePosition(release.source)}${by}`;
}

function pullRequest({ pullRequest: found }: { pullRequest?: { number: number; url: string } }): string[] {
  return found === undefined ? [] : [`waits in pull request #${found.number} (${found.url})`];
}

/** `1a2b3c4, run 4711`. */
export function describePosition({ commit, run }: Position): string {
  return `${commit.slice(0, 7)}${run === undefined ? '' : `, run ${run}`}`;
}

/** Whether the images match the ledger, and if wanted their attestations, in one line. */
function renderSoundness(
  channels: readonly ChannelStatus[],
  words: { sound: Verb; unsound: Verb },
  style: Style,
): string {
  const images = channels.flatMap((channel) => channel.images);
  const keysOf = (wanted: (image: ImageStatus) => boolean) => [...new Set(images.filter(wanted).map(({ key }) => key))];
  const isWrong = (each: Problem) => isError(each) && !isUnchecked(each) && !each.code.startsWith('live/');
  const wrong = keysOf(({ problems }) => problems.some(isWrong));
  const unchecked = keysOf(({ problems }) => problems.some(isUnchecked)).filter((key) => !wrong.includes(key));
  const bad = [
    ...(wrong.length > 0 ? [`${listOf(wrong)} ${verb(wrong, words.unsound)}.`] : []),
    ...(unchecked.length > 0 ? [`Couldn't check ${listOf(unchecked)}.`] : []),
  ];
  if (bad.length > 0) return style.fit(`${style.bad('✗')} ${style.strong(bad.join(' '))}`, 2);
  if (channels.some(({ problems }) => problems.some(isError)))
    return `${style.bad('✗')} ${style.strong("Couldn't read every Kustomization.")}`;
  const recorded = keysOf(({ current }) => 'release' in current);
  const others = keysOf(({ key }) => !recorded.includes(key));
  const good = [
    ...(recorded.length > 0 ? [`${listOf(recorded)} ${verb(recorded, words.sound)}.`] : []),
    ...(others.length > 0 ? [`${listOf(others)}: not recorded yet.`] : []),
  ].join(' ');
  return style.fit(`${style.good('✓')} ${style.strong(good)}`, 2);
}

/** The registry or the trusted root gave no answer, so nothing is known to be wrong. */
function isUnchecked(problem: Problem): boolean {
  return isError(problem) && UNANSWERED.includes(problem.code);
}

const UNANSWERED: readonly ProblemCode[] = [
  'registry/unreachable',
  'registry/unavailable',
  'registry/unauthorized',
  'registry/denied',
];

/** How to roll back, or how to begin. Problems have their own fixes. */
function nextSteps(channels: readonly ChannelStatus[], style: Style): string[] {
  if (exitCodeOfStatus(channels) !== 0) return [];
  const images = channels.flatMap((channel) => channel.images);
  if (!images.some(({ current }) => 'release' in current))
    return [style.faint('  The first release starts the ledger: image-release release')];
  const [first] = channels.filter((channel) => channel.images.some(({ previous }) => previous !== undefined));
  const where = first === undefined || channels.length === 1 ? '' : ` --channel ${first.channel}`;
  const tags = [...new Set((first?.images ?? []).flatMap(({ previous }) => previous ?? []))];
  return tags.map((tag) => {
    const keys = (first?.images ?? []).filter(({ previous }) => previous === tag).map(({ key }) => key);
    return style.faint(`  Roll back to ${tag}: image-release rollback ${keys.join(' ')} --to ${tag}${where}`);
  });
}

/** The status as `status --json` prints it. @param more of an image, in addition to its status */
export function statusAsJson<Image extends LiveImageStatus>(
  channels: readonly ChannelStatus<Image>[],
  more: (image: Image) => object = ({ live }) => ({ ...(live && { live: liveAsJson(live) }) }),
): unknown {
  return {
    sound: exitCodeOfStatus(channels) === 0,
    channels: channels.map(({ images, ...rest }) => ({
      ...rest,
      images: Object.fromEntries(images.map((image) => [image.key, { ...imageAsJson(image), ...more(image) }])),
    })),
  };
}

function imageAsJson(status: ImageStatus): object {
  const { image, current, files, served, problems } = status;
  const drifted = driftedEntry(status);
  const release = 'release' in current ? current.release : undefined;
  return {
    image,
    ...(drifted === undefined
      ? { status: current.status, ...referenceOf(current) }
      : {
          status: 'drifted',
          ...{ tag: drifted.tag, digest: drifted.digest },
          recorded: referenceOf(current),
        }),
    since: release?.at,
    source: release?.source,
    commit: release?.commit,
    pinned: 'pinned' in current ? current.pinned : undefined,
    pullRequest: 'pullRequest' in current ? current.pullRequest : undefined,
    registry: { status: served.status, digest: 'digest' in served ? served.digest : undefined },
    files: files.flatMap(({ path, entries }) =>
      entries.map(({ place, ...says }) => ({ file: path, line: place.line, ...says })),
    ),
    problems,
  };
}

/** Problems of the channels and of their images. */
function problemsOf(channels: readonly ChannelStatus[]): Problem[] {
  return channels.flatMap(({ problems, images }) => [...problems, ...images.flatMap((image) => image.problems)]);
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

/** For one image and for several. */
type Verb = readonly [one: string, many: string];

function verb(keys: readonly string[], [one, many]: Verb): string {
  return keys.length === 1 ? one : many;
}
