import type { Problem } from '../lib/errors.js';
import type { LiveImage } from '../live/outcome.js';
import { listOf } from './report.js';
import type { Style } from './terminal.js';

/** The live status after a deployment, and its problems. */
export interface LiveReport {
  images: readonly LiveImage[];
  problems: readonly Problem[];
}

/** `The cluster runs api and web.` */
export function runningWords(images: readonly Pick<LiveImage, 'key' | 'outcome'>[]): string {
  const keysOf = (wanted: LiveImage['outcome']['status']) => [
    ...new Set(images.filter(({ outcome }) => outcome.status === wanted).map(({ key }) => key)),
  ];
  const words: [LiveImage['outcome']['status'], (names: string, isOne: boolean) => string][] = [
    ['running', (names) => `The cluster runs ${names}.`],
    ['failed', (names, isOne) => `${names} ${isOne ? 'does' : 'do'} not run.`],
    ['progressing', (names) => `The rollout of ${names} is not complete.`],
    ['unknown', (names, isOne) => `It is unknown whether ${names} ${isOne ? 'runs' : 'run'}.`],
  ];
  return words
    .flatMap(([status, sentence]) => {
      const keys = keysOf(status);
      return keys.length === 0 ? [] : [sentence(listOf(keys), keys.length === 1)];
    })
    .join(' ');
}

/** `running (Deployment acme/api)`, `failed: Deployment acme/api: …`, and where the answer is from. */
export function renderLive({ outcome, workloads, source }: Omit<LiveImage, 'key' | 'channel'>, style: Style): string {
  const mark = { running: style.good, failed: style.bad, progressing: style.strong, unknown: style.strong };
  const by =
    source === 'commit-statuses' ? ' (by its commit status)' : workloads.length > 0 ? ` (${workloads.join(', ')})` : '';
  const why = 'reason' in outcome ? `: ${outcome.reason}` : by;
  return `${mark[outcome.status](outcome.status)}${why}`;
}

/** A line per image. */
export function renderLiveImages(live: LiveReport | undefined, style: Style): string[] {
  return (live?.images ?? []).map((image) =>
    style.fit(`  ${style.strong(image.key)}  ${image.channel}: ${renderLive(image, style)}`, 4),
  );
}

/** @param key undefined: all images */
export function liveList({ images }: LiveReport, key?: string): object[] {
  return images
    .filter((image) => key === undefined || image.key === key)
    .map((image) => ({ key: image.key, channel: image.channel, ...liveAsJson(image) }));
}

/** As docs/json.md describes it. */
export function liveAsJson({ outcome, source, workloads }: Omit<LiveImage, 'key' | 'channel'>): object {
  const { status } = outcome;
  return {
    status,
    ...('reason' in outcome && { reason: outcome.reason }),
    ...('log' in outcome && { log: outcome.log }),
    source,
    workloads,
  };
}
