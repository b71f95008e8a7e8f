import { Cancelled, failure } from '../../lib/errors.js';
import type { Kitchen } from './kitchen.js';
import { stagingTag } from './staging-tag.js';
import type { Staged } from './staging-tags.js';
import type { Target } from './targets.js';

/** Where a pod pushes to; undefined where nothing is published. */
export function stage(target: Target, platform: string, task: string, kitchen: Kitchen): Staged | undefined {
  const { order, ports } = kitchen;
  if (order.plan.publish.mode === 'build-only') return undefined;
  return { image: target.repository, tag: stagingTag(target.tag, ports.run, platform, task) };
}

/** The digest is written before the push: only the registry knows that it stands there. */
export async function confirm(
  { key }: Target,
  image: string,
  digest: string | undefined,
  { ports, signal }: Kitchen,
): Promise<void> {
  if (signal.aborted) throw new Cancelled('building');
  if (digest === undefined)
    throw failure({
      code: 'kaniko/no-digest',
      image: key,
      message: `Image ${key} was built by an executor that named no digest, so what it pushed can't be verified.`,
      fix: 'Use an executor of Kaniko 1.28 or newer in `builder.image`.',
    });
  if ((await ports.resolve(image, digest)) === digest) return;
  throw failure({
    code: 'kaniko/not-pushed',
    image: key,
    message: `Image ${key}: Kaniko reported ${digest}, which the registry of ${image} does not serve.`,
    fix: 'Run again; check that pods and this machine reach the same registry under that name.',
  });
}
