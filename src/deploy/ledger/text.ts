import * as z from 'zod';
import { plainText } from '../../lib/foreign-text.js';
import { failure, messageOf } from '../../lib/errors.js';
import type { Position } from '../order.js';
import { ledgerRef, type Ledger, type LedgerEntry, type LedgerReading, type LedgerRelease } from './ledger.js';

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
  digest: TEXT.optional(),
  source: POSITION,
  at: TEXT,
  commit: TEXT.optional(),
  fingerprint: TEXT.optional(),
  builtFrom: TEXT.optional(),
  bases: z.array(TEXT).optional(),
}) satisfies z.ZodType<LedgerRelease>;

const ENTRY = z.object({
  key: TEXT,
  current: RELEASE,
  newest: POSITION,
  status: z.enum(['deployed', 'unchanged', 'rolled-back', 'proposed']),
  history: z.array(RELEASE),
}) satisfies z.ZodType<Omit<LedgerEntry, 'image'>>;

const LEDGER = z.object({
  version: z.literal(VERSION),
  channel: TEXT,
  images: z.record(TEXT, ENTRY),
});

/**
 * Parses a ledger; a channel without one records no image.
 * @throws ReleaseError `deploy/ledger-unreadable`: an unreadable ledger is never ignored, since it may forbid the release
 */
export function readLedger({ channel, oid, text }: LedgerReading): Ledger {
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
