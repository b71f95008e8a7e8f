import type { Behind } from './behind.js';
import { problem, warning, type Place, type Problem } from '../../lib/errors.js';
import { formatReference } from '../../plan/references.js';
import { canonical } from '../kustomization/match.js';
import type { Ledger, LedgerEntry, LedgerRelease } from '../ledger/ledger.js';
import { namesRelease } from '../ledger/record.js';
import type { Position } from '../order.js';
import type { DeployPlace } from '../target.js';

export interface NamedImage {
  key: string;
  /** Full reference without tag; undefined if the configuration does not say which registry it goes to. */
  image?: string;
  /** `owner/name` of the repository that releases it. */
  releasedFrom?: string;
}

/** What was read of one channel at one commit of its branch. */
export interface ChannelReading extends DeployPlace {
  channel: string;
  images: readonly NamedImage[];
  ledger?: Ledger;
  files: readonly FileReading[];
  problems: readonly Problem[];
  /** The open pull request of the channel; `unknown`: the target has no API for pull requests. */
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
  /** The one that the Kustomization sets for all its resources. */
  namespace?: string;
  /** Empty: the Kustomization does not deploy the image, for the reason in `problem`. */
  entries: readonly DeployedEntry[];
  problem?: Problem;
}

export interface DeployedEntry {
  place: Place;
  image: string;
  tag?: string;
  digest?: string;
}

export interface ImageStatus {
  key: string;
  /** Repository reference without tag; undefined: not known. */
  image?: string;
  current: CurrentRelease;
  /** Tag of the release before it; undefined: there is none to go back to. */
  previous?: string;
  files: readonly FileReading[];
  served: Served;
  problems: Problem[];
}

export type CurrentRelease =
  | { status: 'deployed' | 'unchanged'; release: LedgerRelease }
  /** A release that is not newer than `pinned` does not undo it. `pullRequest`: not merged yet. */
  | { status: 'rolled-back'; release: LedgerRelease; pinned: Position; pullRequest?: PullRequest }
  /** Not merged yet; the Kustomization names an earlier one. */
  | { status: 'proposed'; release: LedgerRelease; pullRequest?: PullRequest }
  /** Not in the ledger: what the first Kustomization says. */
  | { status: 'unrecorded'; tag?: string; digest?: string }
  | { status: 'absent' };

/** What the registry serves of a deployed image. */
export type Served =
  /** `digest`: that of the tag. */
  | { status: 'served'; digest: string }
  /** The tag has another digest; the deployed one may still exist. */
  | { status: 'moved'; digest: string; deployed: 'served' | 'gone' }
  /** The tag is gone, the digest still exists. */
  | { status: 'untagged'; digest: string }
  | { status: 'gone' }
  | { status: 'unanswered'; problems: readonly Problem[] }
  /** There is no reference, or the check is off. */
  | { status: 'unasked' };

export interface ChannelStatus<Image extends ImageStatus = ImageStatus> extends DeployPlace {
  channel: string;
  ledger: 'recorded' | 'absent';
  images: Image[];
  /** Problems of the channel, not of one image. */
  problems: Problem[];
  /** Only of channels of promotions. */
  behind?: Behind;
}

export interface DeployedReference extends Omit<DeployedEntry, 'place'> {
  key: string;
}

/** What is deployed: as the ledger records it, else as the Kustomization says. */
export function deployedReferences(reading: ChannelReading): DeployedReference[] {
  return reading.images.flatMap((named): DeployedReference[] => {
    const { key } = named;
    const entry = entryOf(reading.ledger, named);
    const found = entry ? { image: entry.image, ...entry.current } : entriesIn(reading, key)[0];
    if (found === undefined || (found.tag ?? found.digest) === undefined) return [];
    return [{ key, image: found.image, tag: found.tag, digest: found.digest }];
  });
}

/** Compares ledger, Kustomizations and registry of a channel. Pure. */
export function assessStatus(reading: ChannelReading, served: ReadonlyMap<string, Served>): ChannelStatus {
  const { channel, repository, branch, ledger, problems } = reading;
  return {
    channel,
    repository,
    branch,
    ledger: ledger === undefined ? 'absent' : 'recorded',
    images: reading.images.map((named) => assessImage(reading, named, served.get(named.key) ?? { status: 'unasked' })),
    problems: [...problems, ...(ledger === undefined ? [noLedger(reading)] : [])],
  };
}

function assessImage(reading: ChannelReading, named: NamedImage, served: Served): ImageStatus {
  const { key } = named;
  const entry = entryOf(reading.ledger, named);
  const files = reading.files.filter((file) => file.key === key);
  const current = currentRelease(reading, files, entry);
  const image = entry?.image ?? entriesIn(reading, key)[0]?.image ?? named.image;
  const previous = entry?.history[0]?.tag;
  const reference = image === undefined ? undefined : { key, image, ...referenceOf(current) };
  return {
    key,
    image,
    current,
    previous,
    files,
    served,
    problems: [
      ...files.flatMap((file) => fileProblems(key, current, file)),
      ...lostProposal(reading, key, current),
      ...(reference ? servedProblems(reference, served, previous) : []),
    ],
  };
}

/**
 * The ledger's entry of an image. It is found by its reference (Docker Hub's spellings of one are equal), else
 * by its key: `deploy --image` may roll out an image from another registry than the configuration says. Another
 * repository that shares the channel may use the same key, so the repository counts there.
 */
export function entryOf(ledger: Ledger | undefined, { key, image, releasedFrom }: NamedImage): LedgerEntry | undefined {
  const entries = [...(ledger?.images.values() ?? [])];
  const same = image === undefined ? undefined : canonical(image);
  const isOwn = ({ repository }: Position) =>
    repository === undefined || repository.toLowerCase() === releasedFrom?.toLowerCase();
  return (
    entries.find((entry) => canonical(entry.image) === same) ??
    entries.find((entry) => entry.key === key && isOwn(entry.newest))
  );
}

function currentRelease(
  { proposal }: ChannelReading,
  files: readonly FileReading[],
  entry: LedgerEntry | undefined,
): CurrentRelease {
  if (entry === undefined) {
    const [first] = files.flatMap(({ entries }) => entries);
    return first === undefined ? { status: 'absent' } : { status: 'unrecorded', tag: first.tag, digest: first.digest };
  }
  const { current: release, newest, status } = entry;
  if (status === 'deployed' || status === 'unchanged') return { status, release };
  // A merge moves the branch alone; the files show that it has happened.
  const isIn = ({ entries }: FileReading) => entries.length > 0 && entries.every((each) => namesRelease(each, release));
  const isMerged = files.length > 0 && files.every(isIn);
  const waiting = !isMerged && typeof proposal !== 'string' && { pullRequest: proposal };
  if (status === 'rolled-back') return { status, release, pinned: newest, ...waiting };
  return isMerged ? { status: 'deployed', release } : { status, release, ...waiting };
}

function fileProblems(key: string, current: CurrentRelease, file: FileReading): Problem[] {
  if (file.problem !== undefined) return [{ image: key, ...file.problem }];
  if (!('release' in current) || current.status === 'proposed' || 'pullRequest' in current) return [];
  const { release } = current;
  return file.entries
    .filter((entry) => !namesRelease(entry, release))
    .map((entry) =>
      problem({
        code: 'deploy/drifted',
        message: `The Kustomization deploys ${write(entry)}, but the ledger records ${write({ ...entry, ...release })}.`,
        fix: `Restore the recorded release with \`image-release rollback ${key} --to ${release.tag}\`, or record the current one with \`image-release deploy --image ${key}=${write({ ...entry, tag: entry.tag ?? 'TAG' })}\`.`,
        place: entry.place,
        image: key,
      }),
    );
}

function lostProposal(reading: ChannelReading, key: string, current: CurrentRelease): Problem[] {
  if (current.status !== 'proposed' || reading.proposal !== 'none') return [];
  const { tag } = current.release;
  return [
    problem({
      code: 'deploy/drifted',
      message: `${key} ${tag} was proposed, but no pull request is open, and the Kustomization does not name it.`,
      fix: `Propose it again with \`image-release rollback ${key} --to ${tag}\`, or wait for the next release.`,
      image: key,
    }),
  ];
}

/** @param previous tag of the release before the deployed one */
function servedProblems(
  { key, image, tag, digest }: DeployedReference,
  served: Served,
  previous: string | undefined,
): readonly Problem[] {
  const lost = (message: string, fix: string) => [problem({ code: 'deploy/not-pullable', message, fix, image: key })];
  switch (served.status) {
    case 'served':
    case 'unasked':
      return [];
    case 'unanswered':
      return served.problems;
    case 'moved':
      return lost(
        `${image}:${tag} has the digest ${served.digest} in the registry, but ${digest} was deployed${served.deployed === 'gone' ? ', which the registry no longer serves' : ''}.`,
        'Find out what else pushes this tag: pods that start from now on may run another image. Then release again.',
      );
    case 'untagged':
      return lost(
        `The registry no longer serves the tag ${image}:${tag}; its digest ${digest} still exists.`,
        `Create the tag again before pods have to pull it: \`docker buildx imagetools create --tag ${image}:${tag} ${image}@${digest}\`.`,
      );
    case 'gone':
      return lost(
        `The registry no longer serves ${write({ image, tag, digest })}: the next pod that has to pull it fails.`,
        `Release again: \`image-release release ${key}\`${previous === undefined ? '' : `; or go back to the release before: \`image-release rollback ${key} --to ${previous}\``}.`,
      );
  }
}

function noLedger({ channel, branch, repository }: ChannelReading): Problem {
  return warning({
    code: 'deploy/no-history',
    message: `Channel ${channel} (branch ${branch}${repository === undefined ? '' : ` of ${repository}`}) has no ledger: this is what the Kustomizations say.`,
    fix: 'The next deploy begins one; until then there is nothing to roll back to.',
  });
}

const entriesIn = ({ files }: ChannelReading, key: string): DeployedEntry[] =>
  files.filter((file) => file.key === key).flatMap(({ entries }) => entries);

/** Tag and digest of what is deployed, as far as they are known. */
export function referenceOf(current: CurrentRelease): { tag?: string; digest?: string } {
  if (current.status === 'absent') return {};
  const { tag, digest } = 'release' in current ? current.release : current;
  return { tag, digest };
}

function write({ image, tag, digest }: Omit<DeployedEntry, 'place'>): string {
  return formatReference({ name: image, tag, digest });
}
