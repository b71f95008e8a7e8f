import type { Dockerfile, Instruction, Stage } from '../../../dockerfile/dockerfile.js';
import { cleanPath } from '../../../dockerfile/ignore/pattern.js';
import { readMount } from '../../../dockerfile/instructions.js';
import { stagesOf } from '../../../dockerfile/use.js';

/** What identifies a `RUN --mount=type=cache`. */
export interface CacheMount {
  /** Default: the target. */
  id: string;
  options: string[];
}

/** Mounts that can be reached from one base image. */
export interface MountGroup {
  /** What follows FROM: `--platform=$BUILDPLATFORM node:24-alpine`. */
  from: string;
  base: string;
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
 * Finds the cache mounts of all stages that go into a target. A mount is identified by its id, and by the folder that
 * `uid`, `gid` and `mode` make (BuildKit, frontend/dockerfile/dockerfile2llb/convert_runmount.go).
 */
export function findCacheMounts(dockerfile: Dockerfile, image: Parameters<typeof stagesOf>[1]): CacheMounts {
  const globals = dockerfile.globalArgs.map(({ keyword, rest }) => `${keyword} ${rest}`);
  const found: CacheMounts = { globals, groups: [], runs: [], skipped: [] };
  const seen = new Set<string>();
  for (const stage of stagesOf(dockerfile, image) ?? []) {
    const root = rootOf(dockerfile.stages, stage);
    const unreachable =
      root.base.toLowerCase() === 'scratch'
        ? 'its stage is from scratch, so there is no shell to copy with'
        : undefined;
    const from = root.platform === undefined ? root.base : `--platform=${root.platform} ${root.base}`;
    for (const run of stage.instructions) {
      const mounts = mountsOf(run);
      if (mounts.length > 0) found.runs.push(run.rest);
      for (const mount of mounts) {
        const reason = 'reason' in mount ? mount.reason : unreachable;
        if (reason !== undefined) found.skipped.push({ line: run.line, reason });
        if (reason !== undefined || 'reason' in mount) continue;
        const name = `${mount.id} ${mount.options.join()}`;
        if (seen.has(name)) continue;
        seen.add(name);
        const group = found.groups.find((each) => each.from === from);
        if (group) group.mounts.push(mount);
        else found.groups.push({ from, base: root.base, mounts: [mount] });
      }
    }
  }
  return found;
}

/** The stage below with a base image. */
function rootOf(stages: readonly Stage[], stage: Stage): Stage {
  const below = stages.find(({ index, name }) => index < stage.index && name === stage.base.toLowerCase());
  return below ? rootOf(stages, below) : stage;
}

function mountsOf({ keyword, flags }: Instruction): (CacheMount | { reason: string })[] {
  if (keyword !== 'RUN') return [];
  return flags.flatMap(({ name, value }) => (name === 'mount' ? (cacheMount(value) ?? []) : []));
}

/** @returns undefined for a read-only one, and for other mounts */
function cacheMount(value: string): CacheMount | { reason: string } | undefined {
  const mount = readMount(value);
  if ('refused' in mount || mount.type.toLowerCase() !== 'cache') return undefined;
  if (/["'\\\s]/.test(value)) return { reason: `its options are quoted (${value})` };
  if (mount.from !== undefined) return { reason: 'it begins with the contents of another stage (`from`)' };
  const of = (...keys: string[]) => mount.options.findLast(({ name }) => keys.includes(name))?.content;
  const readOnly = of('readonly', 'ro');
  if (readOnly !== undefined && readOnly !== 'false') return undefined;
  const target = of('target', 'dst', 'destination');
  const id = of('id') || (target === undefined ? undefined : cleanPath(target));
  if (id === undefined) return { reason: 'it has no target' };
  if (id.includes('$')) return { reason: `its id contains a variable (${id})` };
  const owner = mount.options.filter(({ name }) => ['uid', 'gid', 'mode'].includes(name));
  return { id, options: owner.map(({ name, content }) => `${name}=${content}`) };
}
