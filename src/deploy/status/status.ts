import type { Place, Problem } from '../../lib/errors.js';
import { formatReference } from '../../plan/references.js';
import type { Ledger, LedgerEntry, LedgerRelease } from '../ledger/ledger.js';
import type { Position } from '../order.js';
import { servedProblem, type Served } from './status-registry.js';

/** An image of the configuration. */
export interface NamedImage {
  key: string;
  /** Full reference without tag; undefined when the configuration does not say which registry it goes to. */
  image?: string;
  /** `owner/name` of the repository that releases it. */
  releasedFrom?: string;
}

/** What was read of one channel at one commit of its branch. */
export interface ChannelReading {
  channel: string;
  /** `owner/name` or the URL of another repository; undefined: the one that is released. */
  repository?: string;
  branch: string;
  /** The images that the channel deploys, in the order of the configuration. */
  images: readonly NamedImage[];
  /** Undefined: nothing was recorded yet, or it can't be read. */
  ledger?: Ledger;
  /** What the Kustomizations say, one per file and image. */
  files: readonly FileReading[];
  /** Why a Kustomization can't be read. */
  problems: readonly Problem[];
  /** The open pull request of the channel; `unknown` where they can't be asked for. */
  proposal: PullRequest | 'none' | 'unknown';
}

export interface PullRequest {
  number: number;
  url: string;
}

/** The entries of one image in one Kustomization. */
export interface FileReading {
  key: string;
  path: string;
  /** Empty: the Kustomization does not deploy the image, for the reason in `problem`. */
  entries: readonly StandingEntry[];
  problem?: Problem;
}

export interface StandingEntry {
  place: Place;
  /** Without tag. */
  image: string;
  tag?: string;
  digest?: string;
}

/** Where one image of a channel stands. */
export interface ImageStatus {
  key: string;
  /** Repository reference without tag; undefined: nothing says it. */
  image?: string;
  standing: StandingRelease;
  /** Tag of the release before it; undefined: there is none to go back to. */
  previous?: string;
  files: readonly FileReading[];
  /** Whether the registry still serves what is deployed. */
  served: Served;
  /** Everything that is not as it should be. */
  problems: Problem[];
}

export type StandingRelease =
  | { status: 'deployed' | 'unchanged'; release: LedgerRelease }
  /** A person put it back; what is not newer than `pinned` does not undo that. `pullRequest`: it waits in it. */
  | { status: 'rolled-back'; release: LedgerRelease; pinned: Position; pullRequest?: PullRequest }
  /** Waits in a pull request; the Kustomization says something earlier. */
  | { status: 'proposed'; release: LedgerRelease; pullRequest?: PullRequest }
  /** Nobody recorded it: what the first Kustomization says. */
  | { status: 'unrecorded'; tag?: string; digest?: string }
  /** Neither ledger nor Kustomization knows it. */
  | { status: 'absent' };

export interface ChannelStatus {
  channel: string;
  repository?: string;
  branch: string;
  ledger: 'recorded' | 'absent';
  images: ImageStatus[];
  /** What concerns the channel as a whole. */
  problems: Problem[];
}

/** A reference whose standing in the registry is to be learnt. */
export interface RegistryQuestion {
  key: string;
  image: string;
  tag?: string;
  digest?: string;
}

/** What the registry is to be asked: what the ledger records, else what the Kustomization says. */
export function questionsOf(reading: ChannelReading): RegistryQuestion[] {
  return reading.images.flatMap((named): RegistryQuestion[] => {
    const entry = recordOf(reading.ledger, named);
    const { key } = named;
    if (entry) {
      const { tag, digest } = entry.current;
      return [{ key, image: entry.image, tag, digest }];
    }
    const [first] = entriesOf(reading, key);
    if (first === undefined || (first.tag ?? first.digest) === undefined) return [];
    return [{ key, image: first.image, tag: first.tag, digest: first.digest }];
  });
}

/**
 * Holds ledger, Kustomizations and registry of a channel against each other. Pure.
 * @param served the answers to `questionsOf`, by key
 */
export function assessStatus(reading: ChannelReading, served: ReadonlyMap<string, Served>): ChannelStatus {
  const { channel, repository, branch, ledger, problems } = reading;
  return {
    channel,
    repository,
    branch,
    ledger: ledger === undefined ? 'absent' : 'recorded',
    images: reading.images.map((named) =>
      assessImage(reading, named, served.get(named.key) ?? { status: 'unasked' }),
    ),
    problems: [...problems, ...(ledger === undefined ? [noLedger(reading)] : [])],
  };
}

function assessImage(reading: ChannelReading, named: NamedImage, served: Served): ImageStatus {
  const { key } = named;
  const entry = recordOf(reading.ledger, named);
  const files = reading.files.filter((file) => file.key === key);
  const standing = standingOf(reading, key, entry);
  const name = entry?.image ?? entriesOf(reading, key)[0]?.image ?? named.image;
  return {
    key,
    image: name,
    standing,
    previous: entry?.history[0]?.tag,
    files,
    served,
    problems: [
      ...files.flatMap((file) => fileProblems(key, standing, file)),
      ...lostProposal(reading, key, standing),
      ...(name === undefined
        ? []
        : servedProblem({ key, image: name, ...referenceOf(standing) }, served, entry?.history[0]?.tag)),
    ],
  };
}

/**
 * What the ledger says of an image. It is found by its reference (Docker Hub's spellings of one are equal), else
 * by its key: `deploy --image` may roll out what goes to another registry than the configuration says. Another
 * repository that shares the channel may use the same key, so the repository counts there.
 */
export function recordOf(
  ledger: Ledger | undefined,
  { key, image, releasedFrom }: NamedImage,
): LedgerEntry | undefined {
  const entries = [...(ledger?.images.values() ?? [])];
  const same = image === undefined ? undefined : canonical(image);
  return (
    entries.find((entry) => canonical(entry.image) === same) ??
    entries.find((entry) => entry.key === key && isOwn(entry.newest, releasedFrom))
  );
}

function isOwn({ repository }: Position, releasedFrom: string | undefined): boolean {
  return repository === undefined || repository.toLowerCase() === releasedFrom?.toLowerCase();
}

function standingOf(reading: ChannelReading, key: string, entry: LedgerEntry | undefined): StandingRelease {
  if (entry === undefined) {
    const [first] = entriesOf(reading, key);
    return first === undefined
      ? { status: 'absent' }
      : { status: 'unrecorded', tag: first.tag, digest: first.digest };
  }
  const { current: release, newest } = entry;
  const waiting = isMerged(reading, key, release) ? undefined : pullRequestOf(reading);
  switch (entry.status) {
    case 'rolled-back':
      return { status: 'rolled-back', release, pinned: newest, ...(waiting && { pullRequest: waiting }) };
    case 'proposed':
      if (isMerged(reading, key, release)) return { status: 'deployed', release };
      return { status: 'proposed', release, ...(waiting && { pullRequest: waiting }) };
    case 'deployed':
    case 'unchanged':
      return { status: entry.status, release };
  }
}

/** The merge of a pull request moves the branch alone; that it has happened shows in the files. */
function isMerged({ files }: ChannelReading, key: string, release: LedgerRelease): boolean {
  const own = files.filter((file) => file.key === key);
  return own.length > 0 && own.every((file) => saysAll(file, release));
}

function pullRequestOf({ proposal }: ChannelReading): PullRequest | undefined {
  return typeof proposal === 'string' ? undefined : proposal;
}

function fileProblems(key: string, standing: StandingRelease, file: FileReading): Problem[] {
  if (file.problem !== undefined) return [{ image: key, ...file.problem }];
  if (!('release' in standing) || standing.status === 'proposed' || 'pullRequest' in standing) return [];
  const { release } = standing;
  return file.entries
    .filter((entry) => !says(entry, release))
    .map((entry) => ({
      code: 'deploy/drifted',
      severity: 'error',
      message: `The Kustomization deploys ${write(entry)}, but ${write({ ...entry, ...release })} is on record.`,
      fix: `Put the record back with \`image-release rollback ${key} --to ${release.tag}\`, or record what stands there: \`image-release deploy --image ${key}=${write({ ...entry, tag: entry.tag ?? 'TAG' })}\`.`,
      place: entry.place,
      image: key,
    }));
}

function lostProposal(reading: ChannelReading, key: string, standing: StandingRelease): Problem[] {
  if (standing.status !== 'proposed' || reading.proposal !== 'none') return [];
  return [
    {
      code: 'deploy/drifted',
      severity: 'error',
      message: `${key} ${standing.release.tag} was proposed, but no pull request is open, and the Kustomization does not say it.`,
      fix: `Propose it again with \`image-release rollback ${key} --to ${standing.release.tag}\`, or wait for the next release.`,
      image: key,
    },
  ];
}

function noLedger({ channel, branch, repository }: ChannelReading): Problem {
  return {
    code: 'deploy/no-history',
    severity: 'warning',
    message: `Channel ${channel} (branch ${branch}${repository === undefined ? '' : ` of ${repository}`}) has no ledger: what is shown is what the Kustomizations say.`,
    fix: 'The next deploy begins one; until then there is nothing to roll back to.',
  };
}

/** The entries of an image over all Kustomizations of its channel. */
function entriesOf({ files }: ChannelReading, key: string): StandingEntry[] {
  return files.filter((file) => file.key === key).flatMap(({ entries }) => entries);
}

function saysAll({ entries }: FileReading, release: LedgerRelease): boolean {
  return entries.length > 0 && entries.every((entry) => says(entry, release));
}

/** `pin` decides whether tag, digest or both are written; what is written must be right, and something must. */
function says({ tag, digest }: StandingEntry, release: LedgerRelease): boolean {
  if (tag === undefined && digest === undefined) return false;
  if (tag !== undefined && tag !== release.tag) return false;
  return digest === undefined || release.digest === undefined || digest === release.digest;
}

/** Tag and digest of what stands, as far as they are known. */
export function referenceOf(standing: StandingRelease): { tag?: string; digest?: string } {
  switch (standing.status) {
    case 'absent':
      return {};
    case 'unrecorded':
      return { tag: standing.tag, digest: standing.digest };
    case 'deployed':
    case 'unchanged':
    case 'rolled-back':
    case 'proposed':
      return { tag: standing.release.tag, digest: standing.release.digest };
  }
}

function write({ image, tag, digest }: Omit<StandingEntry, 'place'>): string {
  return formatReference({ name: image, tag, digest });
}

function canonical(image: string): string {
  return image.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
}
