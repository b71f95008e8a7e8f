import { createDeadline } from '../../lib/cancel.js';
import { ReleaseError, warning, type Problem } from '../../lib/errors.js';
import type { KnownRelease } from '../../plan/baseline.js';
import { channelsByPlace } from '../deploy.js';
import { readLedger, type LedgerEntry, type LedgerRelease } from '../ledger/ledger.js';
import type { DeployPlace, DeployTarget } from '../target.js';
import { entryOf, type NamedImage } from './status.js';

export interface KnownReleasesRequest {
  /** Where ledgers are; channels of one place are read together. */
  channels: readonly (DeployPlace & { channel: string })[];
  images: readonly NamedImage[];
  openTarget(place: DeployPlace): DeployTarget;
  signal?: AbortSignal;
  deadlineMs?: number;
}

export interface KnownReleases {
  /** By image key: what is deployed first, then what was, newest first; each digest once. */
  known: Record<string, KnownRelease[]>;
  /** Ledgers that could not be read: warnings, because here they only save builds. */
  problems: Problem[];
}

const DEADLINE_MS = 15_000;

/** The releases of images that ledgers record. A ledger that can't be read is reported and left out. */
export async function findKnownReleases(request: KnownReleasesRequest): Promise<KnownReleases> {
  const { channels, images } = request;
  const readings = await Promise.all(channelsByPlace(channels).map((place) => readPlace(place, request)));
  const entriesOf = (image: NamedImage) =>
    readings.flatMap(({ ledgers }) => ledgers.flatMap((ledger) => entryOf(ledger, image) ?? []));
  return {
    known: Object.fromEntries(images.map((image) => [image.key, releasesOf(entriesOf(image))])),
    problems: readings.flatMap(({ problems }) => problems),
  };
}

async function readPlace(
  { place, channels }: { place: DeployPlace; channels: string[] },
  { openTarget, signal, deadlineMs = DEADLINE_MS }: KnownReleasesRequest,
) {
  const deadline = createDeadline(deadlineMs, signal);
  let target: DeployTarget | undefined;
  try {
    target = openTarget(place);
    const readings = await target.readLedgers(channels, { signal: deadline.signal });
    return { ledgers: readings.map(readLedger), problems: [] };
  } catch (error) {
    if (signal?.aborted || !(error instanceof ReleaseError || deadline.isLate(error))) throw error;
    const detail = error instanceof ReleaseError ? error.message : `No answer ${deadline.words}.`;
    return { ledgers: [], problems: [unread(target?.description ?? `branch ${place.branch}`, detail)] };
  }
}

function unread(description: string, detail: string): Problem {
  return warning({
    code: 'registry/baseline-unreadable',
    message: `The ledger of ${description} could not be read, so images may be built that need not be.`,
    fix: 'Give the job the right to read that repository, and check that it can be reached.',
    detail,
  });
}

function releasesOf(entries: readonly LedgerEntry[]): KnownRelease[] {
  const all = [
    ...entries.map(({ current }) => knownRelease(current, 'current')),
    ...entries.flatMap(({ history }) => history.map((release) => knownRelease(release, 'earlier'))),
  ];
  return all.filter(
    ({ digest, tag }, index) =>
      !all.slice(0, index).some((other) => (digest ? other.digest === digest : other.tag === tag)),
  );
}

function knownRelease(
  { tag, digest, source, builtFrom, fingerprint, bases }: LedgerRelease,
  standing: KnownRelease['standing'],
): KnownRelease {
  return { tag, digest, commit: builtFrom ?? source.commit, fingerprint, bases, standing };
}
