import type { LedgerReading } from '../../ledger/ledger.js';
import type { ReadOptions } from '../../target.js';
import type { Fetch, Fetched } from './fetch.js';
import { readObjects } from './objects.js';
import type { GitRepository } from './repository.js';
import { LEDGER_FILE, ledgerRef, type LedgerNamespace } from '../ledger-refs.js';

export { LEDGER_FILE, ledgerRef, type LedgerNamespace };

/** Where what was fetched is kept here. */
const COPIES: Record<LedgerNamespace, string> = {
  own: 'refs/ledgers/own/',
  heads: 'refs/ledgers/heads/',
};

export interface LedgersRead {
  readings: LedgerReading[];
  /** By channel; of those that exist. */
  namespaces: Map<string, LedgerNamespace>;
}

/** Reads ledgers with one fetch: patterns, because a name that is not there would fail it. */
export async function readLedgers(
  repository: GitRepository,
  fetch: Fetch,
  channels: readonly string[],
  options: ReadOptions,
): Promise<LedgersRead | (Fetched & { status: 'failed' })> {
  const refspecs = channels.flatMap((channel) =>
    (['own', 'heads'] as const).map(
      (namespace) => `+${ledgerRef(namespace, channel)}*:${COPIES[namespace]}${channel}*`,
    ),
  );
  const fetched = await fetch(['--prune', '--depth=1', '--no-filter', 'target', ...refspecs], options);
  if (fetched.status === 'failed') {
    // Where no pattern matches, a fetch with --depth ends with exit code 1 and without a word.
    const nothing = fetched.trouble === 'other' && fetched.stderr.trim() === '';
    return nothing ? { readings: channels.map((channel) => ({ channel })), namespaces: new Map() } : fetched;
  }

  const namespaces = new Map<string, LedgerNamespace>();
  const tips = new Map<string, string>();
  for (const channel of channels) {
    for (const namespace of ['heads', 'own'] as const) {
      const oid = fetched.refs.get(ledgerRef(namespace, channel));
      if (oid === undefined) continue;
      namespaces.set(channel, namespace);
      tips.set(channel, oid);
    }
  }
  const file = (oid: string) => `${oid}:${LEDGER_FILE}`;
  const texts = await readObjects(repository, [...tips.values()].map(file), options);
  const readings = channels.map((channel): LedgerReading => {
    const oid = tips.get(channel);
    return { channel, oid, text: oid && texts.get(file(oid))?.toString('utf8') };
  });
  return { readings, namespaces };
}
