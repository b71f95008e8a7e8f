import type { Deployment, DeployPlace } from '../deploy/target.js';
import type { ChosenRelease } from '../deploy/status/rollback.js';
import type { Problem } from '../lib/errors.js';
import { SUPERSEDED, listOf } from './report.js';
import { formatAge } from './format.js';
import { liveList, renderLiveImages, runningWords, type LiveReport } from './running.js';
import { describePosition, renderChannel } from './status.js';
import { renderDeployment, renderProblems, type Style } from './terminal.js';

/** The releases that a rollback chose, and its outcome. */
export interface Rollback {
  /** `planned`: a dry run; `declined`: the user did not confirm. */
  status: 'planned' | 'declined' | 'done';
  channels: ChannelRollback[];
  warnings: Problem[];
  /** Live status after it; undefined: nobody has waited for it. */
  live?: LiveReport;
}

export interface ChannelRollback extends DeployPlace {
  channel: string;
  choices: ChosenRelease[];
  /** Empty unless the rollback is done. */
  deployments: Deployment[];
}

/** 3 if a newer release landed meanwhile for at least one image; 1 if the cluster does not run the others. */
export function exitCodeOfRollback(rollback: Rollback): 0 | 1 | typeof SUPERSEDED {
  if (rollback.live !== undefined && rollback.live.problems.length > 0) return 1;
  return overtaken(rollback).length > 0 ? SUPERSEDED : 0;
}

/** The changes, what they block, and how to go forward again. */
export function renderRollback(rollback: Rollback, now: Date, style: Style): string {
  if (rollback.status === 'declined') return `${headlineOf(rollback, style)}\n`;
  const lines = [
    ...renderChoices(rollback, now, style),
    ...renderLiveImages(rollback.live, style),
    ...renderProblems([...rollback.warnings, ...(rollback.live?.problems ?? [])], style),
    style.fit(headlineOf(rollback, style), 2),
    ...(rollback.live && rollback.live.images.length > 0
      ? [style.fit(`  ${runningWords(rollback.live.images)}`, 4)]
      : []),
    ...consequences(rollback).map((line) =>
      line.includes(': image-release ') ? `  ${line}` : style.fit(`  ${line}`, 4),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** Per channel and image: the release that is deployed and the one that replaces it. */
export function renderChoices({ channels }: Rollback, now: Date, style: Style): string[] {
  return channels.flatMap(({ choices, deployments, ...channel }) => [
    renderChannel(channel, style),
    ...choices.map((choice) => style.fit(`  ${renderChoice(choice, now, style)}`, 4)),
    ...deployments.map((deployment) => renderDeployment(deployment, style)),
  ]);
}

function renderChoice({ key, from, to }: ChosenRelease, now: Date, style: Style): string {
  const since = `deployed ${formatAge(new Date(to.at), now)} from ${describePosition(to.source)}`;
  if (from === to) return `${style.strong(key)}  stays at ${to.tag}`;
  return `${style.strong(key)}  ${from.tag} → ${to.tag} ${style.faint(`(${since})`)}`;
}

function headlineOf(rollback: Rollback, style: Style): string {
  if (rollback.status === 'declined') return `– ${style.strong('Not confirmed. Nothing was changed.')}`;
  const lost = overtaken(rollback);
  const moved = choicesOf(rollback).filter(({ key }) => !lost.includes(key));
  const names = listOf([...new Set(moved.map(({ key, to }) => `${key} to ${to.tag}`))]);
  const good = (text: string) => `${style.good('✓')} ${style.strong(text)}`;
  if (rollback.status === 'planned') return good(`Dry run: would roll back ${names}. Nothing was changed.`);
  const left = `Did not roll back ${listOf(lost)}: a newer release was deployed meanwhile.`;
  if (moved.length === 0) return `${style.bad('✗')} ${style.strong(left)}`;
  const done = doneWords(rollback, names);
  return lost.length === 0 ? good(done) : `${style.bad('✗')} ${style.strong(`${done} ${left}`)}`;
}

function doneWords({ channels }: Rollback, names: string): string {
  const deployments = channels.flatMap((channel) => channel.deployments);
  const proposed = deployments.filter((item) => item.status === 'proposed');
  const isCommitted = deployments.some(({ status }) => status === 'committed');
  if (isCommitted || proposed.some(({ state }) => state === 'merged')) return `Rolled back ${names}.`;
  if (proposed.length > 0) return `A pull request proposes to roll back ${names}.`;
  return `Nothing to change for ${names}: the Kustomization already names it.`;
}

/** The releases that the rollback holds off, and how to undo it. */
function consequences(rollback: Rollback): string[] {
  const lost = overtaken(rollback);
  if (lost.length > 0) return [`Show what is deployed: image-release status ${lost.join(' ')}`];
  const choices = choicesOf(rollback);
  const will = rollback.status === 'planned' ? 'would' : 'will';
  const pinned = choices.filter(({ effect }) => effect === 'pinned');
  const commits = [...new Set(pinned.map(({ newest }) => newest.commit.slice(0, 7)))];
  const released = choices.filter(({ effect }) => effect === 'unpinned').map(({ key }) => key);
  return [
    ...commits.map((commit) => `Runs of commits up to ${commit} ${will} not deploy again; newer commits ${will}.`),
    ...(released.length === 0 ? [] : [`Releases of ${listOf([...new Set(released)])} are no longer blocked.`]),
    ...nextCommands(rollback),
  ];
}

/** Per tag the command that runs a planned rollback or takes a done one back, ready to copy. */
function nextCommands({ status, channels }: Rollback): string[] {
  return channels.flatMap(({ channel, choices }) => {
    const moved = choices
      .filter(({ from, to, effect }) => from !== to && (status === 'planned' || effect === 'pinned'))
      .map(({ key, from, to }) => ({ key, tag: status === 'planned' ? to.tag : from.tag }));
    const where = channels.length > 1 ? ` --channel ${channel}` : '';
    return [...new Set(moved.map(({ tag }) => tag))].map((tag) => {
      const keys = moved.filter((item) => item.tag === tag).map(({ key }) => key);
      const command = `image-release rollback ${keys.join(' ')} --to ${tag}${where}`;
      return `${status === 'planned' ? 'Run it' : `Roll forward to ${tag}`}: ${command}`;
    });
  });
}

/** The rollback as `rollback --json` prints it. */
export function rollbackAsJson(rollback: Rollback): unknown {
  const lost = overtaken(rollback);
  const done = lost.length === 0 ? 'rolled-back' : 'superseded';
  return {
    outcome: { status: rollback.status === 'done' ? done : rollback.status, superseded: lost },
    channels: rollback.channels.map(({ choices, ...channel }) => ({
      ...channel,
      images: Object.fromEntries(
        choices.map(({ key, image, from, to, newest, effect }) => [
          key,
          { image, from, to, pinned: effect === 'pinned' ? newest : undefined },
        ]),
      ),
    })),
    ...(rollback.live && { live: liveList(rollback.live) }),
    warnings: rollback.warnings,
  };
}

/** Keys of the images for which a newer release landed after the ledger was read. */
function overtaken({ channels }: Rollback): string[] {
  const left = channels.flatMap(({ deployments }) =>
    deployments.flatMap((item) => (item.status === 'skipped' ? [] : item.superseded.map(({ key }) => key))),
  );
  return [...new Set(left)];
}

function choicesOf({ channels }: Rollback): ChosenRelease[] {
  return channels.flatMap(({ choices }) => choices);
}
