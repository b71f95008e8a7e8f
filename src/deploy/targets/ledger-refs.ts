/**
 * Where a ledger can live, in the order in which it is looked for: `own` is out of sight of everybody who looks
 * at branches, and no branch rule concerns it; `heads` is for servers that take nothing else. The first that
 * exists counts.
 */
export const LEDGER_NAMESPACES = ['own', 'heads'] as const;
export type LedgerNamespace = (typeof LEDGER_NAMESPACES)[number];

const PREFIXES: Record<LedgerNamespace, string> = {
  own: 'refs/image-release/',
  heads: 'refs/heads/image-release/',
};

/** Fully qualified name. */
export function ledgerRef(namespace: LedgerNamespace, channel: string): string {
  return PREFIXES[namespace] + channel;
}

/** The only file of a ledger's commits. */
export const LEDGER_FILE = 'ledger.json';
