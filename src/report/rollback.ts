import type { Deployment } from '../deploy/deployment.js';
import type { ChosenRelease } from '../deploy/status/rollback.js';
import type { Problem } from '../lib/errors.js';
import { SUPERSEDED } from './exit-code.js';
import { formatAge } from './format.js';
import { listOf } from './report.js';
import { describePosition } from './status.js';
import { renderDeployment, renderProblem, type Style } from './terminal.js';

/** What a rollback chose, and what became of it. */
export interface Rollback {
  /** `planned`: a dry run, nothing was done. */
  status: 'planned' | 'done';
  channels: ChannelRollback[];
  warnings: Problem[];
}

export interface ChannelRollback {
  channel: string;
  /** `owner/name` or the URL of another repository than the one that is released. */
  repository?: string;
  branch: string;
  choices: ChosenRelease[];
  /** Empty in a dry run. */
  deployments: Deployment[];
}

/** 0: done; 3: something newer has landed meanwhile, for at least one image. */
export function exitCodeOfRollback(rollback: Rollback): 0 | typeof SUPERSEDED {
  return overtaken(rollback).length > 0 ? SUPERSEDED : 0;
}

/** What was put back, what that holds off, and the way forward again. */
export function renderRollback(rollback: Rollback, now: Date, style: Style): string {
  const lines = [
    ...rollback.warnings.map((problem) => renderProblem(problem, style)),
    ...rollback.channels.flatMap(({ channel, choices, deployments }) => [
      `${style.strong(channel)}`,
      ...choices.map((choice) => style.fit(`  ${renderChoice(choice, now, style)}`, 4)),
      ...deployments.map((deployment) => renderDeployment(deployment, style)),
    ]),
    style.fit(renderVerdict(rollback, style), 2),
    ...consequences(rollback).map((line) =>
      line.includes(': image-release ') ? `  ${line}` : style.fit(`  ${line}`, 4),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function renderChoice({ key, from, to }: ChosenRelease, now: Date, style: Style): string {
  const since = `deployed ${formatAge(new Date(to.at), now)} from ${describePosition(to.source)}`;
  if (from === to) return `${style.strong(key)}  stays at ${to.tag}`;
  return `${style.strong(key)}  ${from.tag} → ${to.tag} ${style.faint(`(${since})`)}`;
}

function renderVerdict(rollback: Rollback, style: Style): string {
  const lost = overtaken(rollback);
  const moved = choicesOf(rollback).filter(({ key }) => !lost.includes(key));
  const names = listOf([...new Set(moved.map(({ key, to }) => `${key} to ${to.tag}`))]);
  const good = (text: string) => `${style.good('✓')} ${style.strong(text)}`;
  if (rollback.status === 'planned') return good(`Would roll back ${names}; nothing was done (dry run).`);
  const left = `Did not roll back ${listOf(lost)}: a newer release has landed meanwhile and stays.`;
  if (moved.length === 0) return `${style.bad('✗')} ${style.strong(left)}`;
  const told = `${TOLD[outcomeOf(rollback)](names)}`;
  return lost.length === 0 ? good(told) : `${style.bad('✗')} ${style.strong(`${told} ${left}`)}`;
}

type Outcome = 'committed' | 'proposed' | 'unchanged';

const TOLD: Record<Outcome, (names: string) => string> = {
  committed: (names) => `Rolled back ${names}.`,
  proposed: (names) => `Proposed to roll back ${names}; the pull request has to be merged.`,
  unchanged: (names) => `Nothing to write for ${names}: the Kustomization says it already.`,
};

function outcomeOf({ channels }: Rollback): Outcome {
  const deployments = channels.flatMap((channel) => channel.deployments);
  const is = (wanted: Outcome) => deployments.some(({ status }) => status === wanted);
  const merged = deployments.some((item) => item.status === 'proposed' && item.state === 'merged');
  if (is('committed') || merged) return 'committed';
  return is('proposed') ? 'proposed' : 'unchanged';
}

/** What the rollback holds off, and how it is undone. */
function consequences(rollback: Rollback): string[] {
  const lost = overtaken(rollback);
  if (lost.length > 0) {
    return [`See what stands there now: image-release status ${lost.join(' ')}`];
  }
  const choices = choicesOf(rollback);
  const will = rollback.status === 'planned' ? 'would' : 'will';
  const pinned = choices.filter(({ effect }) => effect === 'pinned');
  const commits = [...new Set(pinned.map(({ newest }) => newest.commit.slice(0, 7)))];
  const released = choices.filter(({ effect }) => effect === 'unpinned').map(({ key }) => key);
  return [
    ...commits.map(
      (commit) => `Runs of commits up to ${commit} ${will} not undo this; newer commits ${will}.`,
    ),
    ...(released.length === 0
      ? []
      : [`Nothing holds ${listOf([...new Set(released)])} back: releases go on as usual.`]),
    ...(rollback.status === 'planned'
      ? commandsTo('Do it', rollback, ({ to }) => to.tag, 'any')
      : commandsTo('Back to', rollback, ({ from }) => from.tag, 'pinned')),
  ];
}

/** A command per tag that brings the images which moved to it, ready to copy. */
function commandsTo(
  purpose: 'Do it' | 'Back to',
  { channels }: Rollback,
  tagOf: (choice: ChosenRelease) => string,
  effect: 'pinned' | 'any',
): string[] {
  return channels.flatMap(({ channel, choices }) => {
    const moved = choices.filter(
      (choice) => choice.from !== choice.to && (effect === 'any' || choice.effect === effect),
    );
    const where = channels.length > 1 ? ` --channel ${channel}` : '';
    return [...new Set(moved.map(tagOf))].map((tag) => {
      const keys = moved.filter((choice) => tagOf(choice) === tag).map(({ key }) => key);
      const command = `image-release rollback ${keys.join(' ')} --to ${tag}${where}`;
      return `${purpose === 'Do it' ? purpose : `${purpose} ${tag}`}: ${command}`;
    });
  });
}

/** The rollback as `rollback --json` prints it. */
export function rollbackAsJson(rollback: Rollback): unknown {
  const lost = overtaken(rollback);
  const done = lost.length === 0 ? 'rolled-back' : 'superseded';
  return {
    outcome: { status: rollback.status === 'planned' ? 'planned' : done, superseded: lost },
    channels: rollback.channels.map(({ choices, ...channel }) => ({
      ...channel,
      images: Object.fromEntries(
        choices.map(({ key, image, from, to, newest, effect }) => [
          key,
          { image, from, to, pinned: effect === 'pinned' ? newest : undefined },
        ]),
      ),
    })),
    warnings: rollback.warnings,
  };
}

/** Keys of the images that were left alone, because something newer has landed since the ledger was read. */
function overtaken({ channels }: Rollback): string[] {
  const left = channels.flatMap(({ deployments }) =>
    deployments.flatMap((item) => (item.status === 'skipped' ? [] : item.superseded.map(({ key }) => key))),
  );
  return [...new Set(left)];
}

function choicesOf({ channels }: Rollback): ChosenRelease[] {
  return channels.flatMap(({ choices }) => choices);
}
