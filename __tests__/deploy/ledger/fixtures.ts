import type { Ledger, LedgerEntry, LedgerRelease } from '../../../src/deploy/ledger/ledger.js';

/** Digest of the sample release `number`. */
export const digestOf = (number: number) => `sha256:${String(number).repeat(64)}`;

/** Commit of the sample release `number`: `1111111a…`. */
export const commitOf = (number: number) => `${String(number).repeat(7)}a${String(number).repeat(32)}`;

/** Sample release 1 to 9: one per day, each with a different commit and run. */
export function sampleRelease(number: number, over: Partial<LedgerRelease> = {}): LedgerRelease {
  return {
    tag: `main-${commitOf(number).slice(0, 7)}`,
    digest: digestOf(number),
    source: { repository: 'acme/app', commit: commitOf(number), run: 100 + number },
    at: `2026-01-0${number}T10:11:12.000Z`,
    commit: `${number}`.repeat(40).replace(/^./, 'c'),
    ...over,
  };
}

/** An entry with the first release as the current one and the others as its history. */
export function sampleEntry(
  key: string,
  [current = 3, ...history]: readonly number[],
  over: Partial<LedgerEntry> = {},
): LedgerEntry {
  const release = sampleRelease(current);
  return {
    key,
    image: `ghcr.io/acme/${key}`,
    current: release,
    newest: release.source,
    status: 'deployed',
    history: history.map((number) => sampleRelease(number)),
    ...over,
  };
}

export function sampleLedger(...entries: LedgerEntry[]): Ledger {
  return { channel: 'main', images: new Map(entries.map((entry) => [entry.image, entry])) };
}
