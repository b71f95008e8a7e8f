import * as z from 'zod';
import { failure, messageOf } from '../../lib/errors.js';
import { plainText } from '../../lib/foreign-text.js';
import { readTrailer, TRAILERS } from '../commit-message.js';
import { isSamePosition, type Position } from '../order.js';

/**
 * The content of a channel's ledger: per image the deployed and the former releases. The file `ledger.json` of its tip, with
 * the amendments in the message of that commit.
 */
export interface Ledger {
  channel: string;
  /** By image reference without tag (`ghcr.io/acme/api`): unique across the repositories that share a channel. */
  images: ReadonlyMap<string, LedgerEntry>;
}

export type LedgerEntry = z.infer<typeof ENTRY> & { image: string };

export type LedgerStatus = LedgerEntry['status'];

/** A release as it was deployed once. */
export type LedgerRelease = z.infer<typeof RELEASE>;

export interface LedgerReading {
  channel: string;
  ref?: string;
  oid?: string;
  text?: string;
  /** Of the commit `oid`. */
  message?: string;
}

export interface LedgerMove {
  channel: string;
  ref: string;
  /** Commit that the ref must point to; undefined: it must not exist. */
  before?: string;
  /** Text of `ledger.json`; the one that was read, if the message says all that is new. */
  text: string;
  /** @param commit the deploy commit that moves along, if one does */
  message(commit: string | undefined): string;
}

/** The only file of a ledger's commits. */
export const LEDGER_FILE = 'ledger.json';

/**
 * Possible places of a ledger, in the order of the search. `hidden`: outside branches and tags, where no branch
 * rule applies. `branch`: for servers that accept no other ref. A ledger stays where it was created.
 */
const PREFIXES = { hidden: 'refs/image-release/', branch: 'refs/heads/image-release/' };
export type LedgerPlace = keyof typeof PREFIXES;
export const LEDGER_PLACES = Object.keys(PREFIXES) as LedgerPlace[];

/** Fully qualified name. */
export function ledgerRef(place: LedgerPlace, channel: string): string {
  return PREFIXES[place] + channel;
}

/** The channel of a ledger's ref; undefined: it is another ref. */
export function channelOf(ref: string): string | undefined {
  const prefix = Object.values(PREFIXES).find((each) => ref.startsWith(each));
  return prefix && ref.slice(prefix.length);
}

const VERSION = 1;
/** Hundreds of images with long histories need a tenth of it. */
const LARGEST = 16 * 1024 * 1024;
/** Text that is printed; everybody who can push to the repository may have written it. */
const TEXT = z.string().refine((text) => text.length <= 1000 && plainText(text) === text && !text.includes('\n'), {
  message: 'control characters, or longer than 1000',
});
const COMMIT = z.string().regex(/^[0-9a-f]{7,64}$/);

const POSITION = z.object({
  repository: TEXT.optional(),
  commit: COMMIT,
  run: z.number().int().nonnegative().optional(),
}) satisfies z.ZodType<Position>;

const RELEASE = z.object({
  tag: TEXT.min(1),
  /** Undefined when neither the caller nor a registry named one. */
  digest: TEXT.optional(),
  source: POSITION,
  /** When it was written into the Kustomization, ISO 8601, UTC. */
  at: TEXT,
  /** The deploy commit; undefined where it was in place already. */
  commit: TEXT.optional(),
  /** Over its inputs; undefined: unknown, or recorded before there were fingerprints. */
  fingerprint: TEXT.optional(),
  /** Commit that the build names; undefined: that of `source`. Else an earlier build was used again. */
  builtFrom: TEXT.optional(),
  /** Digests of the images of its release that it is built on and that no target deploys; undefined: none. */
  bases: z.array(TEXT).optional(),
});

const ENTRY = z.object({
  /** Key of the image in the configuration that released it last. */
  key: TEXT,
  /** The release that the Kustomization names (`proposed`: once the pull request is merged). */
  current: RELEASE,
  /** The newest release that was decided on: what a candidate is compared with. */
  newest: POSITION,
  /**
   * deployed: the newest release was written · unchanged: the newest release found its values in place ·
   * rolled-back: a person put an earlier release back · proposed: written to a pull request.
   */
  status: z.enum(['deployed', 'unchanged', 'rolled-back', 'proposed']),
  /** Earlier releases, newest first, each tag and digest once; bounded. */
  history: z.array(RELEASE),
});

/** What the message of a ledger's commit says of images, in place of the file. */
const AMENDMENTS = z.array(
  z.object({
    images: z.array(TEXT),
    /** The deploy commit of `current`: made at the same time as the file. */
    commit: TEXT.optional(),
    newest: POSITION.optional(),
    status: ENTRY.shape.status.optional(),
  }),
);

export type LedgerAmendment = z.infer<typeof AMENDMENTS>[number];

const LEDGER = z.object({
  version: z.literal(VERSION),
  channel: TEXT,
  images: z.record(TEXT, ENTRY),
});

/**
 * Parses a ledger; a channel without one records no image.
 * @throws ReleaseError `deploy/ledger-unreadable`: an unreadable ledger is never ignored, since it may forbid the release
 */
export function readLedger(reading: LedgerReading): Ledger {
  const { channel, images } = readFile(reading);
  const amended = new Map(images);
  for (const { images: names, commit, ...rest } of readAmendments(reading)) {
    for (const image of names) {
      const entry = amended.get(image);
      if (!entry) throw unreadable(channel, `${TRAILERS.amendments}: the file has no ${image}`);
      amended.set(image, { ...entry, ...rest, current: { ...entry.current, ...(commit && { commit }) } });
    }
  }
  return { channel, images: amended };
}

function readFile({ channel, oid, text }: LedgerReading): Ledger {
  if (oid === undefined) return { channel, images: new Map() };
  const data = parse(channel, text);
  const checked = LEDGER.safeParse(data);
  if (!checked.success) {
    const { version } = data as { version?: unknown };
    if (typeof version === 'number' && version > VERSION) throw tooNew(channel, version);
    const [issue] = checked.error.issues;
    throw unreadable(channel, `${issue?.path.join('.') || 'ledger.json'}: ${issue?.message}`);
  }
  const images = Object.entries(checked.data.images).map(([image, entry]): [string, LedgerEntry] => [
    image,
    { ...entry, image },
  ]);
  return { channel, images: new Map(images) };
}

function readAmendments({ channel, message = '' }: LedgerReading): LedgerAmendment[] {
  const text = readTrailer(message, TRAILERS.amendments);
  if (text === undefined) return [];
  const checked = AMENDMENTS.safeParse(parse(channel, text));
  if (checked.success) return checked.data;
  throw unreadable(channel, `${TRAILERS.amendments}: ${checked.error.issues[0]?.message}`);
}

/**
 * File and amendments of the commit that records `ledger`. A release that changes nothing keeps the file as it was read: on
 * GitHub that is a request less.
 * @param pending images whose `current` the deploy commit that moves along has written
 */
export function recordLedger(reading: LedgerReading, ledger: Ledger, pending: readonly string[]) {
  const kept = pending.length > 0 ? undefined : keptFile(reading, ledger);
  const file = kept ?? ledger;
  return {
    text: kept && reading.text !== undefined ? reading.text : writeLedger(file),
    amendments(commit: string | undefined): LedgerAmendment[] {
      const groups = new Map<string, LedgerAmendment>();
      for (const [image, { newest, status, current }] of ledger.images) {
        const written = file.images.get(image)!;
        const made = (pending.includes(image) ? commit : undefined) ?? current.commit;
        const changed = {
          ...(made !== written.current.commit && { commit: made }),
          ...(!isSamePosition(newest, written.newest) && { newest }),
          ...(status !== written.status && { status }),
        };
        const id = JSON.stringify(changed);
        if (id !== '{}') groups.set(id, { images: [...(groups.get(id)?.images ?? []), image], ...changed });
      }
      return [...groups.values()];
    },
  };
}

/** The file as it was read, if amendments can say all that is new in `ledger`. */
function keptFile(reading: LedgerReading, ledger: Ledger): Ledger | undefined {
  const read = readFile(reading);
  const asRead = [...ledger.images].map(([image, entry]): [string, LedgerEntry] => {
    const { newest, status, current } = read.images.get(image) ?? entry;
    const commit = entry.current.commit && current.commit;
    return [image, { ...entry, newest, status, current: { ...entry.current, commit } }];
  });
  return writeLedger({ ...ledger, images: new Map(asRead) }) === writeLedger(read) ? read : undefined;
}

/** Text of `ledger.json`: the same ledger is the same text, so a diff between two shows what has changed. */
export function writeLedger({ channel, images }: Ledger): string {
  const names = [...images.keys()].sort();
  const data = { version: VERSION, channel, images: Object.fromEntries(images) };
  return `${JSON.stringify(data, [...KEYS, ...names], 2)}\n`;
}

/** In the order in which they are written. */
// oxfmt-ignore
const KEYS = [
  'version', 'channel', 'images', 'key', 'status', 'newest', 'current', 'history', 'tag', 'digest', 'source', 'at',
  'repository', 'commit', 'run', 'fingerprint', 'builtFrom', 'bases',
];

function parse(channel: string, text: string | undefined): unknown {
  if (text === undefined) throw unreadable(channel, 'it has no ledger.json');
  if (text.length > LARGEST) throw unreadable(channel, `it is larger than ${LARGEST / 2 ** 20} MiB`);
  try {
    const data: unknown = JSON.parse(text);
    if (typeof data === 'object' && data !== null) return data;
  } catch (error) {
    throw unreadable(channel, messageOf(error));
  }
  throw unreadable(channel, 'it is no JSON object');
}

function unreadable(channel: string, detail: string) {
  const ref = ledgerRef('hidden', channel);
  return failure({
    code: 'deploy/ledger-unreadable',
    message: `The ledger of channel ${channel} is damaged, so it is not known which release is newer.`,
    fix: `Restore its last good commit (\`git log ${ref}\`), or delete the ref to start again: \`git push origin :${ref}\`.`,
    detail,
  });
}

function tooNew(channel: string, version: number) {
  return failure({
    code: 'deploy/ledger-unreadable',
    message: `The ledger of channel ${channel} was written by a newer image-release (version ${version} of its format).`,
    fix: 'Use that version of image-release here as well.',
    detail: ledgerRef('hidden', channel),
  });
}
