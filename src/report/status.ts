import type { Position } from '../deploy/order.js';
import {
  referenceOf,
  type ChannelStatus,
  type ImageStatus,
  type CurrentRelease,
} from '../deploy/status/status.js';
import type { Served } from '../deploy/status/status.js';
import { formatPlace, type Problem } from '../lib/errors.js';
import { formatAge, formatTime, shortDigest } from './format.js';
import { listOf } from './report.js';
import { renderProblem, type Style } from './terminal.js';

/** 0: everything stands as it should; 1: it does not, so that scripts and schedules notice. */
export function exitCodeOfStatus(channels: readonly ChannelStatus[]): 0 | 1 {
  return problemsOf(channels).some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** What is deployed, on one screen: each image, what is wrong with it, and the way on. */
export function renderStatus(channels: readonly ChannelStatus[], now: Date, style: Style): string {
  const lines = [
    ...channels.flatMap((channel) => [
      renderChannel(channel, style),
      ...channel.images.flatMap((image) => renderImage(image, now, style)),
    ]),
    ...problemsOf(channels).map((problem) => renderProblem(problem, style)),
    renderSoundness(channels, { sound: 'as recorded', unsound: 'as recorded' }, style),
    ...nextSteps(channels, style),
  ];
  return `${lines.join('\n')}\n`;
}

/** `main  on branch main of acme/deploy`. */
export function renderChannel({ channel, branch, repository }: ChannelStatus, style: Style): string {
  const where = `on branch ${branch}${repository === undefined ? '' : ` of ${repository}`}`;
  return `${style.strong(channel)}  ${style.faint(where)}`;
}

/** What one image stands at, since when, from where, and whether file and registry agree. */
export function renderImage(status: ImageStatus, now: Date, style: Style): string[] {
  const { key, image, current, files, served } = status;
  const { tag, digest } = referenceOf(current);
  const name = [image ?? '', tag === undefined ? '' : `:${tag}`].join('');
  const places = files.flatMap(({ entries }) =>
    entries.map(({ place }) => formatPlace({ ...place, column: undefined })),
  );
  const drifted = status.problems.some(({ code }) => code === 'deploy/drifted');
  const facts = [
    ...(places.length === 0 ? [] : [places.join(', ')]),
    ...(drifted ? [style.bad('drifted from the record')] : []),
    ...(current.status === 'absent' ? [] : [SERVED[served.status](style)]),
  ];
  return [
    `  ${style.strong(key)}  ${name}${digest === undefined ? '' : `  ${style.faint(shortDigest(digest))}`}`,
    ...describeCurrent(current, now).map((line) => style.fit(`    ${line}`, 6)),
    ...(facts.length === 0 ? [] : [style.fit(`    ${facts.join(' · ')}`, 6)]),
  ];
}

const SERVED: Record<Served['status'], (style: Style) => string> = {
  served: (style) => style.good('served by the registry'),
  moved: (style) => style.bad('its tag was moved in the registry'),
  untagged: (style) => style.bad('its tag is gone from the registry'),
  gone: (style) => style.bad('gone from the registry'),
  unanswered: (style) => style.bad('the registry did not answer'),
  unasked: (style) => style.faint('the registry was not asked'),
};

function describeCurrent(current: CurrentRelease, now: Date): string[] {
  switch (current.status) {
    case 'absent':
      return ['not deployed'];
    case 'unrecorded':
      return ['not on record: this is what the Kustomization says'];
    case 'proposed':
      return [`proposed ${origin(current, now)}`, ...pullRequest(current)];
    case 'rolled-back':
      return [
        `rolled back ${origin(current, now)}`,
        ...pullRequest(current),
        `pinned until something newer than ${describePosition(current.pinned)} comes`,
      ];
    case 'deployed':
      return [`deployed ${origin(current, now)}`];
    case 'unchanged':
      return [`deployed ${origin(current, now)}`, 'the newest release found it in place'];
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

/** Whether all images stand as they should, in one line. */
export function renderSoundness(
  channels: readonly ChannelStatus[],
  words: { sound: string; unsound: string },
  style: Style,
): string {
  const images = channels.flatMap((channel) => channel.images);
  const unsound = unique(images.filter(({ problems }) => hasError(problems)).map(({ key }) => key));
  if (unsound.length > 0)
    return style.fit(
      `${style.bad('✗')} ${style.strong(`${listOf(unsound)} ${verb(unsound, 'does', 'do')} not stand ${words.unsound}.`)}`,
      2,
    );
  if (channels.some(({ problems }) => hasError(problems)))
    return `${style.bad('✗')} ${style.strong('Not everything could be read.')}`;
  const recorded = unique(images.filter(({ current }) => 'release' in current).map(({ key }) => key));
  const others = unique(images.map(({ key }) => key)).filter((key) => !recorded.includes(key));
  const stands = [
    ...(recorded.length > 0
      ? [`${listOf(recorded)} ${verb(recorded, 'stands', 'stand')} ${words.sound}.`]
      : []),
    ...(others.length > 0 ? [`${listOf(others)}: nothing is on record yet.`] : []),
  ].join(' ');
  return style.fit(`${style.good('✓')} ${style.strong(stands)}`, 2);
}

/** The way back, or the way to begin; where something is wrong, its fix says how to go on. */
export function nextSteps(channels: readonly ChannelStatus[], style: Style): string[] {
  if (exitCodeOfStatus(channels) !== 0) return [];
  const images = channels.flatMap((channel) => channel.images);
  if (!images.some(({ current }) => 'release' in current))
    return [style.faint('  The first release begins the record: image-release release')];
  const [first] = channels.filter((channel) => channel.images.some(({ previous }) => previous !== undefined));
  const where = first === undefined || channels.length === 1 ? '' : ` --channel ${first.channel}`;
  const tags = unique((first?.images ?? []).flatMap(({ previous }) => previous ?? []));
  return tags.map((tag) => {
    const keys = (first?.images ?? []).filter(({ previous }) => previous === tag).map(({ key }) => key);
    return style.faint(`  Back to ${tag}: image-release rollback ${keys.join(' ')} --to ${tag}${where}`);
  });
}

/** The status as `status --json` prints it. */
export function statusAsJson(channels: readonly ChannelStatus[]): unknown {
  return {
    sound: exitCodeOfStatus(channels) === 0,
    channels: channels.map((channel) => channelAsJson(channel, () => ({}))),
  };
}

export function channelAsJson<T extends ImageStatus>(
  channel: Omit<ChannelStatus, 'images'> & { images: readonly T[] },
  more: (image: T) => object,
): object {
  const { images, ...rest } = channel;
  return {
    ...rest,
    images: Object.fromEntries(images.map((image) => [image.key, { ...imageAsJson(image), ...more(image) }])),
  };
}

function imageAsJson({ image, current, files, served, problems }: ImageStatus): object {
  const release = 'release' in current ? current.release : undefined;
  return {
    image,
    status: current.status,
    ...referenceOf(current),
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

/** Everything that is to be told, of the channels and of their images. */
export function problemsOf(channels: readonly ChannelStatus[]): Problem[] {
  return channels.flatMap(({ problems, images }) => [
    ...problems,
    ...images.flatMap((image) => image.problems),
  ]);
}

function hasError(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

function verb(keys: readonly string[], one: string, many: string): string {
  return keys.length === 1 ? one : many;
}

function unique(keys: readonly string[]): string[] {
  return [...new Set(keys)];
}
