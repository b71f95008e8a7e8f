import { channelsByPlace } from '../deploy/deploy.js';
import type { Intent, DeployPlace, DeployTarget, ReadOptions } from '../deploy/target.js';
import { readLedger } from '../deploy/ledger/ledger.js';
import type { Ancestry } from '../deploy/order.js';
import type { Plan } from '../plan/plan.js';
import type { NewestRelease, TagOrdering } from '../registry/moving-tags/tag-ordering.js';

interface OrderingContext {
  deploys: Plan['deploy'];
  intent: Intent;
  ancestry: Ancestry;
  /** How old the next reading of the ledgers may be, see ReadOptions. */
  since(): number;
  signal: AbortSignal;
  openTarget(place: DeployPlace): DeployTarget;
}

/** Decides which of two releases is later: by history, and by the ledgers of the plan's deploy targets. */
export function createTagOrdering(context: OrderingContext): TagOrdering {
  const { deploys, intent, ancestry, openTarget, since, signal } = context;
  const places = channelsByPlace(
    deploys.flatMap((deploy) =>
      deploy.status === 'skip'
        ? []
        : [{ repository: deploy.target.repository, branch: deploy.branch, channel: deploy.channel }],
    ),
  );
  return {
    mode: intent.type === 'release' ? intent.order : 'forward-only',
    compare: (base, head) => ancestry.compare(base, head, { signal }),
    newest: async () => {
      const options = { since: since(), signal };
      const read = places.map(({ place, channels }) => readNewest(openTarget(place), channels, options));
      return (await Promise.all(read)).flat();
    },
  };
}

async function readNewest(
  target: DeployTarget,
  channels: readonly string[],
  options: ReadOptions,
): Promise<NewestRelease[]> {
  const readings = await target.readLedgers(channels, options);
  return readings.flatMap((reading) =>
    [...readLedger(reading).images.values()].flatMap(({ image, current, newest, status }) =>
      status === 'rolled-back' || current.digest === undefined
        ? []
        : [{ image, tag: current.tag, digest: current.digest, source: newest }],
    ),
  );
}
