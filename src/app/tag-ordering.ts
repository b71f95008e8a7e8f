import { readLedger } from '../deploy/ledger/text.js';
import type { Ancestry } from '../deploy/order.js';
import type { DeployPlace, DeployTarget } from '../deploy/target.js';
import type { Plan } from '../plan/plan.js';
import type { NewestRelease, TagOrdering } from '../registry/moving-tags/tag-ordering.js';

/** Decides which of two releases is later: by history, and by the ledgers of the plan's deploy targets. */
export async function withTagOrdering<T>(
  plan: Plan,
  {
    mode,
    ancestry,
    openTarget,
    signal,
  }: {
    mode: TagOrdering['mode'];
    ancestry: Ancestry;
    signal: AbortSignal;
    openTarget(place: DeployPlace): DeployTarget;
  },
  work: (ordering: TagOrdering) => Promise<T>,
): Promise<T> {
  const ledgers = new Map<string, { target: DeployTarget; channels: string[] }>();
  for (const deploy of plan.deploy) {
    if (deploy.status === 'skip') continue;
    const place = { repository: deploy.target.repository, branch: deploy.branch };
    const key = JSON.stringify(place);
    const known = ledgers.get(key) ?? { target: openTarget(place), channels: [] };
    if (!known.channels.includes(deploy.channel)) known.channels.push(deploy.channel);
    ledgers.set(key, known);
  }
  try {
    return await work({
      mode,
      compare: (base, head) => ancestry.compare(base, head, { signal }),
      newest: async () =>
        (
          await Promise.all([...ledgers.values()].map(({ target, channels }) => readNewest(target, channels, signal)))
        ).flat(),
    });
  } finally {
    await Promise.all([...ledgers.values()].map(({ target }) => target.close()));
  }
}

async function readNewest(
  target: DeployTarget,
  channels: readonly string[],
  signal: AbortSignal,
): Promise<NewestRelease[]> {
  const readings = await target.readLedgers(channels, { signal });
  return readings.flatMap((reading) =>
    [...readLedger(reading).images.values()].flatMap(({ image, current, newest, status }) =>
      status === 'rolled-back' || current.digest === undefined
        ? []
        : [{ image, tag: current.tag, digest: current.digest, source: newest }],
    ),
  );
}
