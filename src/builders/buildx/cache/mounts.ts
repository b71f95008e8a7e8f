import { posix } from 'node:path';
import type { Dockerfile, Instruction, Stage } from '../../../dockerfile/dockerfile.js';

/** What identifies a `RUN --mount=type=cache`. */
export interface CacheMount {
  /** Default: the target. Variables are not filled in. */
  id: string;
  /** `uid`, `gid` and `mode`. */
  options: string[];
}

/** Mounts that can be reached from one base image. */
export interface MountGroup {
  /** What follows FROM: `--platform=$BUILDPLATFORM node:24-alpine`. */
  from: string;
  /** The base alone. */
  base: string;
  /** ARG and ENV instructions that give the variables in ids their values. */
  settings: string[];
  mounts: CacheMount[];
}

export interface CacheMounts {
  /** ARG instructions before the first FROM. */
  globals: string[];
  groups: MountGroup[];
  /** The instructions that use them: when one changes, so may what it leaves. */
  runs: string[];
  /** What can't be carried, and why, a clause. */
  skipped: { line: number; reason: string }[];
}

/**
 * Finds the cache mounts of all stages that go into a target.
 * Rule: a mount is known by its id, and by the folder that `uid`, `gid` and `mode` make (BuildKit,
 * frontend/dockerfile/dockerfile2llb/convert_runmount.go).
 */
export function findCacheMounts(dockerfile: Dockerfile, target: string | undefined): CacheMounts {
  const found: CacheMounts = {
    globals: dockerfile.globalArgs.map(textOf),
    groups: [],
    runs: [],
    skipped: [],
  };
  const seen = new Set<string>();
  for (const stage of stagesOf(dockerfile, target)) {
    const plain: CacheMount[] = [];
    for (const [at, run] of stage.instructions.entries()) {
      const written = mountsOf(run);
      if (written.length > 0) found.runs.push(run.rest);
      for (const mount of written) {
        if ('reason' in mount) {
          found.skipped.push({ line: run.line, reason: mount.reason });
          continue;
        }
        const named = mount.id.includes('$') ? `${stage.index} ` : '';
        const name = `${named}${mount.id} ${mount.options.join()}`;
        if (seen.has(name)) continue;
        seen.add(name);
        if (named === '') plain.push(mount);
        else addGroup(found, dockerfile.stages, stage, run.line, [mount], stage.instructions.slice(0, at));
      }
    }
    if (plain.length > 0) addGroup(found, dockerfile.stages, stage, stage.line, plain, []);
  }
  return found;
}

function addGroup(
  found: CacheMounts,
  stages: readonly Stage[],
  stage: Stage,
  line: number,
  mounts: CacheMount[],
  before: readonly Instruction[],
): void {
  const [root, ...chain] = ancestry(stages, stage);
  if (root === undefined) return;
  if (root.base.toLowerCase() === 'scratch') {
    found.skipped.push({ line, reason: 'its stage is from scratch, so there is no shell to copy with' });
    return;
  }
  const from = root.platform === undefined ? root.base : `--platform=${root.platform} ${root.base}`;
  const earlier = [root, ...chain].slice(0, -1).flatMap(({ instructions }) => instructions);
  const settings = mounts.some(({ id }) => id.includes('$'))
    ? [...earlier, ...before].filter(({ keyword }) => keyword === 'ARG' || keyword === 'ENV').map(textOf)
    : [];
  const same = found.groups.find((group) => group.from === from && group.settings.join() === settings.join());
  if (same) same.mounts.push(...mounts);
  else found.groups.push({ from, base: root.base, settings, mounts });
}

/** The stages from the one with a base image to this one. */
function ancestry(stages: readonly Stage[], stage: Stage): Stage[] {
  const below = baseStage(stages, stage);
  return [...(below ? ancestry(stages, below) : []), stage];
}

function baseStage(stages: readonly Stage[], { index, base }: Stage): Stage | undefined {
  return stages.find((other) => other.index < index && other.name === base.toLowerCase());
}

function stagesOf({ stages }: Dockerfile, target: string | undefined): Stage[] {
  const named = (name: string) =>
    stages.findLast((stage) => stage.name === name.toLowerCase() || String(stage.index) === name);
  const end = target === undefined ? stages.at(-1) : named(target);
  const found = new Set<Stage>();
  const visit = (stage: Stage | undefined) => {
    if (stage === undefined || found.has(stage)) return;
    found.add(stage);
    visit(baseStage(stages, stage));
    for (const { flags } of stage.instructions) {
      for (const { name, value } of flags) {
        const source = name === 'from' ? value : /(?:^|,)from=([^,]+)/.exec(value)?.[1];
        if (source !== undefined) visit(named(source));
      }
    }
  };
  visit(end);
  return [...found].sort((a, b) => a.index - b.index);
}

function mountsOf({ keyword, flags }: Instruction): (CacheMount | { reason: string })[] {
  if (keyword !== 'RUN') return [];
  return flags
    .filter(({ name, value }) => name === 'mount' && /(?:^|,)type=cache(?:,|$)/i.test(value))
    .flatMap(({ value }) => readMount(value) ?? []);
}

/** @returns undefined for a read-only one */
function readMount(value: string): CacheMount | { reason: string } | undefined {
  if (/["'\\\s]/.test(value)) return { reason: `its options are quoted (${value})` };
  const options = value.split(',').map((option) => {
    const [key = '', ...rest] = option.split('=');
    return { key: key.toLowerCase(), value: rest.join('=') };
  });
  const of = (...keys: string[]) => options.findLast(({ key }) => keys.includes(key))?.value;
  if (of('from') !== undefined) return { reason: 'it begins with the contents of another stage (`from`)' };
  const readOnly = of('readonly', 'ro');
  if (readOnly !== undefined && readOnly !== 'false') return undefined;
  const target = of('target', 'dst', 'destination');
  const id =
    of('id') || (target === undefined ? undefined : posix.normalize(target).replace(/(?<=.)\/$/, ''));
  if (id === undefined) return { reason: 'it has no target' };
  return {
    id,
    options: options
      .filter(({ key }) => ['uid', 'gid', 'mode'].includes(key))
      .map((option) => `${option.key}=${option.value}`),
  };
}

const textOf = ({ keyword, rest }: Instruction): string => `${keyword} ${rest}`;
