import { messageOf } from '../../lib/errors.js';
import type { PlannedImage } from '../../plan/plan.js';
import { buildFile } from './file-build.js';
import type { Built, Kitchen } from './kitchen.js';
import { buildPlatform } from './platform-build.js';
import { DEFAULT_EXECUTOR } from './pod-manifest.js';
import type { Prepared } from './prepare.js';
import { basesIn } from './targets.js';

/** @param base what has come of another target, once it has */
export async function buildInPods(
  prepared: Prepared,
  kitchen: Kitchen,
  base: (key: string) => Promise<Built>,
): Promise<Built> {
  const { target } = prepared;
  const { order, ports, prepared: all } = kitchen;
  const keys = basesIn(
    target,
    all.map((each) => each.target),
  );
  if (keys.length > 0) kitchen.queued(target.key, `Waits for ${keys.join(' and ')}, which it stands on`);
  const bases = new Map(await Promise.all(keys.map(async (key) => [key, await base(key)] as const)));
  const startedAt = Date.now();
  const pods = await Promise.all(
    target.platforms.map((platform) => buildPlatform({ prepared, platform, bases }, kitchen)),
  );
  const manifests = pods.flatMap(({ platform, digest }) =>
    digest === undefined ? [] : [{ platform, digest }],
  );
  for (const { warnings, steps } of pods) {
    kitchen.warnings.push(...warnings);
    kitchen.steps.push(...steps);
  }
  const fromHelpers = [...bases.values()].filter((built) => built.digest === undefined);
  const ownReads = pods.flatMap(({ reads }) => reads).filter((read) => !isHelper(read, fromHelpers));
  const reads = [...new Set([...ownReads, ...fromHelpers.flatMap((helper) => helper.reads)])];
  let digest: string | undefined;
  if (target.planned !== undefined && manifests.length > 0) {
    const { planned } = target;
    const attested = await asStep(attestWords(planned), target.key, kitchen, () =>
      ports.attest({
        image: planned,
        source: order.plan.source,
        manifests,
        builder: { type: 'kaniko', executor: kitchen.settings.image ?? DEFAULT_EXECUTOR },
        startedAt,
        finishedAt: Date.now(),
        bases: order.bases,
        reads,
        dockerfile: pods[0]!.text,
        signal: kitchen.signal,
        say: order.say,
        buildFile: (file) => buildFile(target, file, kitchen),
      }),
    );
    kitchen.warnings.push(...attested.warnings);
    digest = attested.digest;
  }
  const counts = {
    total: sum(pods.map(({ counts }) => counts.total)),
    cached: sum(pods.map(({ counts }) => counts.cached)),
  };
  order.onProgress({ type: 'built', key: target.key, steps: counts });
  return {
    key: target.key,
    manifests,
    ...(digest !== undefined && { digest }),
    reads,
    seconds: (Date.now() - startedAt) / 1000,
    counts,
  };
}

function attestWords({ attest }: PlannedImage): string {
  if (attest.sbom === 'off') return attest.provenance === 'off' ? 'write the index' : 'attach the provenance';
  return `attach the SBOM${attest.provenance === 'off' ? '' : ' and the provenance'}`;
}

/** A chore that is told as steps are. */
async function asStep<Result>(
  words: string,
  key: string,
  { order, nextNumber, signal }: Kitchen,
  work: () => Promise<Result>,
): Promise<Result> {
  const step = { number: nextNumber(), key, name: `[internal] ${words}` };
  const started = Date.now();
  order.onProgress({ type: 'started', step });
  try {
    const result = await work();
    order.onProgress({ type: 'completed', step, seconds: (Date.now() - started) / 1000 });
    return result;
  } catch (error) {
    if (!signal.aborted) order.onProgress({ type: 'failed', step, error: messageOf(error), output: [] });
    throw error;
  }
}

const isHelper = (reference: string, helpers: readonly Built[]): boolean =>
  helpers.some(({ manifests }) => manifests.some(({ digest }) => reference.endsWith(`@${digest}`)));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
