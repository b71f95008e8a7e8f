import type { Ledger } from '../ledger/ledger.js';
import type { Ancestry, Relation } from '../order.js';
import type { Destination, SeenFromCurrent } from './rollback.js';
import { recordOf, type NamedImage } from './status.js';

/**
 * Learns from the history of the source which releases lie before those that stand there, as far as a step back
 * needs it: where a rollback stands, the ledger alone does not say which of the other releases it has undone.
 * @throws Cancelled
 */
export async function learnOrder(
  ledger: Ledger,
  images: readonly NamedImage[],
  destination: Destination,
  ancestry: Ancestry,
  options: { signal?: AbortSignal },
): Promise<SeenFromCurrent> {
  const relations = new Map<string, Relation>();
  if (destination.type === 'steps') {
    for (const named of images) {
      const entry = recordOf(ledger, named);
      if (entry?.status !== 'rolled-back') continue;
      const base = entry.current.source.commit;
      let earlier = 0;
      for (const { source } of entry.history) {
        if (earlier >= destination.back) break;
        const key = keyOf(base, source.commit);
        const relation = relations.get(key) ?? (await ancestry.compare(base, source.commit, options));
        relations.set(key, relation);
        if (relation === 'behind') earlier += 1;
      }
    }
  }
  return (entry, release) => relations.get(keyOf(entry.current.source.commit, release.source.commit));
}

function keyOf(base: string, head: string): string {
  return `${base}..${head}`;
}
