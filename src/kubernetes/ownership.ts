import type { Manifest, ObjectMeta } from './pod.js';

/** Who made an object in the cluster, so that what a killed run left behind can be told from a run that lives. */
export interface RunOwner {
  /** Of one run; fit for a label. */
  run: string;
  /** Names a machine since its start, or a container on it: process ids mean something only there. */
  host: string;
  pid: number;
  /** When the process was started: ids are used again. */
  started: string;
}

const MANAGED_BY = 'app.kubernetes.io/managed-by';
const PROGRAM = 'image-release';
export const RUN = 'image-release.dev/run';
const OWNER = 'image-release.dev/owner';
/** On deployments and pods of a BuildKit builder that is removed after the run: its name. */
export const BUILDER = 'image-release.dev/builder';
const LIFETIME = 'image-release.dev/lifetime';

/** Selector of everything that any run made, or one. */
export function madeBy(run?: string): string {
  return `${MANAGED_BY}=${PROGRAM},${run === undefined ? RUN : `${RUN}=${run}`}`;
}

export interface Claim {
  owner: RunOwner;
  /** After so many seconds it is of no use to anybody. */
  lifetime: number;
}

/** The object with the marks of its owner. */
export function claimed<Kind extends Manifest>(manifest: Kind, { owner, lifetime }: Claim) {
  return {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      labels: { ...manifest.metadata.labels, [MANAGED_BY]: PROGRAM, [RUN]: owner.run },
      annotations: {
        ...manifest.metadata.annotations,
        [OWNER]: `${owner.host}/${owner.pid}/${owner.started}`,
        [LIFETIME]: String(lifetime),
      },
    },
  };
}

export interface Ownership {
  owner: RunOwner;
  lifetime: number;
}

/** Undefined: we did not make it, or another version did that marks otherwise. */
export function ownershipOf({ labels, annotations }: ObjectMeta): Ownership | undefined {
  const run = labels?.[RUN] ?? labels?.[BUILDER];
  const [host, pid, started] = annotations?.[OWNER]?.split('/') ?? [];
  const lifetime = Number(annotations?.[LIFETIME]);
  if (labels?.[MANAGED_BY] !== PROGRAM || run === undefined) return undefined;
  if (host === undefined || started === undefined || !Number.isInteger(Number(pid))) return undefined;
  if (!(lifetime > 0)) return undefined;
  return { owner: { run, host, pid: Number(pid), started }, lifetime };
}

/** Letters, digits and dashes within the 63 characters of a label. */
export function labelSafe(text: string): string {
  return text
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
}
