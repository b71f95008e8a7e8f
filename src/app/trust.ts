import type { Config } from '../config/config.js';
import type { KnownRelease } from '../plan/baseline.js';
import type { Plan, PlannedImage } from '../plan/plan.js';
import { planDeploys } from '../plan/plan-deploys.js';
import type { Choice } from '../config/inputs.js';
import { deployedKeys } from '../plan/dependencies.js';
import type { ReuseObjection } from '../registry/baseline/candidate.js';
import type { TagOrdering } from '../registry/moving-tags/tag-ordering.js';

/** The deployer of pushed images. Platforms that are pushed by digest are deployed by the job that merges them. */
export function deploysToCome(
  { source, publish, images, deploy }: Plan,
  config: Config,
  choice: Choice,
): Plan['deploy'] {
  if (publish.mode !== 'by-digest') return deploy;
  const keys = images.map(({ key }) => key);
  return planDeploys(config, source, { mode: 'push' }, keys, choice === 'true' ? 'true' : 'auto');
}

/** Anyone with push access to the registry can copy annotations: a deployed image is reused only if a ledger records it. */
export function ledgerObjection(
  { images }: Plan,
  deploys: Plan['deploy'],
  known: Record<string, readonly KnownRelease[]>,
): ReuseObjection {
  const deployed = deployedKeys(images, deploys);
  // Deployed images, and their bases.
  const recorded = new Set(
    Object.values(known).flatMap((all) => all.flatMap(({ digest, bases = [] }) => [digest, ...bases])),
  );
  return async ({ key }, { tag, digest }) =>
    deployed.has(key) && !recorded.has(digest)
      ? `${tag} has the same inputs, but no ledger records its digest`
      : undefined;
}

/** As long as another run of the commit may take from its release tag to its deploy commit. */
const ADOPTION_MS = 20_000;
const PAUSE_MS = 2000;

/**
 * Why the image that another run of the commit seems to have published can't be trusted, a clause. That run deploys it
 * within seconds, and then a ledger records it.
 */
export async function adoptionObjection(
  { images, deploy }: Plan,
  { key }: Pick<PlannedImage, 'key'>,
  digest: string,
  wait: Pick<TagOrdering, 'newest'> & { sleep(ms: number): Promise<void>; signal: AbortSignal },
): Promise<string | undefined> {
  if (!deployedKeys(images, deploy).has(key)) return undefined;
  for (let waited = 0; ; waited += PAUSE_MS) {
    const newest = await wait.newest();
    if (newest.some((release) => release.digest === digest)) return undefined;
    if (waited >= ADOPTION_MS || wait.signal.aborted)
      return 'No ledger records it, so no run of this repository deployed it.';
    await wait.sleep(PAUSE_MS);
  }
}
