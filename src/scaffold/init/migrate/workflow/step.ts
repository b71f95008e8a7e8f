import type { Place } from '../../../../lib/errors.js';
import type { Metadata } from '../build.js';
import { leave, type Session } from '../commands/session.js';
import { holesIn } from '../holes.js';

/** A step that uses an action, its inputs filled in as far as they are known. */
export interface ActionStep {
  place: Place;
  id?: string;
  /** `docker/build-push-action@v6` */
  uses: string;
  inputs: ReadonlyMap<string, string>;
  /** The same as they were written. */
  written: ReadonlyMap<string, string>;
  env: ReadonlyMap<string, string>;
  /** What the steps after it find in their environment. */
  exported: Map<string, string>;
  session: Session;
  /** Of this workflow, in order; a hole `metadata 0 tags` names the first one's output. */
  metadata: Metadata[];
  outputs: Map<string, string>;
  folder: string;
}

export function inputOf({ inputs }: ActionStep, ...names: string[]): string | undefined {
  for (const name of names) {
    const text = inputs.get(name)?.trim();
    if (text) return text;
  }
  return undefined;
}

/** One per line, as docker's actions read lists; comments fall away. */
export function linesOf(text: string | undefined): string[] {
  return (text ?? '')
    .split('\n')
    .map((line) => line.trim().replace(/^"(.*)"$/s, '$1'))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Separated by commas or lines, commas in expressions aside. */
export function itemsOf(text: string | undefined): string[] {
  return linesOf(text).flatMap((line) =>
    line
      .split(/,(?![^{}]*\}\})/)
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}

/** `NAME=value` per line; values over several lines stand in quotes. */
export function pairsOf(text: string | undefined): [string, string | undefined][] {
  const joined: string[] = [];
  for (const line of (text ?? '').split('\n')) {
    const open = joined.at(-1);
    if (open !== undefined && /^\s*"/.test(open) && !/"\s*$/.test(open.trim().slice(1)))
      joined[joined.length - 1] = `${open}\n${line}`;
    else joined.push(line);
  }
  return joined
    .map((line) => line.trim().replace(/^"(.*)"$/s, '$1'))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const end = line.indexOf('=');
      return end < 0 ? [line, undefined] : [line.slice(0, end).trim(), line.slice(end + 1)];
    });
}

/** The metadata step that a text comes from. */
export function metadataIn(text: string, { metadata }: Pick<ActionStep, 'metadata'>): Metadata | undefined {
  for (const name of holesIn(text)) {
    const [, at] = /metadata (\d+)/.exec(name) ?? [];
    if (at !== undefined) return metadata[Number(at)];
    const [, id] = /steps\.([\w-]+)\.outputs/.exec(name) ?? [];
    const known = id === undefined ? undefined : metadata.findLast((each) => each.what.endsWith(`(${id})`));
    if (known !== undefined) return known;
  }
  return undefined;
}

export function leaveStep(step: ActionStep, what: string, advice: string): void {
  leave(step, what, advice);
}

/** `true`, `false`, or undefined for what only a run knows. */
export function switchOf(text: string | undefined): boolean | undefined {
  if (text === undefined || text === '' || text === 'false') return false;
  return text === 'true' ? true : undefined;
}
