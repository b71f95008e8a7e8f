import type { Config } from './config/config.js';
import type { Dependencies } from './dependencies.js';
import type { Deployment, DeployPlace, DeployTarget } from './deploy/target.js';
import { readStatus } from './deploy/status/read-status.js';
import { chooseChannels } from './deployment-channels.js';
import { Cancelled } from './lib/errors.js';
import { expectedImages } from './live/expected.js';
import type { ExpectedImage, LiveImage } from './live/outcome.js';
import { liveProblems } from './live/problems.js';
import type { LiveReport } from './report/running.js';
import { problemsOf, listOf } from './report/report.js';

/** The outside, as waiting needs it. Nothing in the cluster is changed. */
export interface LiveDependencies extends Pick<Dependencies, 'source' | 'signal'> {
  openTarget(place: DeployPlace): DeployTarget;
  /** Reads the cluster until nothing more can be learned, or the time is over. @throws Cancelled */
  waitForLive(
    expected: readonly ExpectedImage[],
    limitMs: number,
  ): Promise<{ images: LiveImage[]; end: 'over' | 'timeout' }>;
}

/**
 * Waits until the cluster runs what was deployed, also if the branch named it already. Images that were superseded
 * aren't waited for. A failure to read is a problem of the result, because the deployment has landed.
 * @throws Cancelled with a sentence on the deploy commit
 */
export async function awaitRunning(
  { config, deployments, limitMs }: { config: Config; deployments: readonly Deployment[]; limitMs: number },
  deps: LiveDependencies,
): Promise<LiveReport> {
  const landed = deployments.flatMap((each) => (each.status === 'skipped' || each.images.length === 0 ? [] : [each]));
  const keys = [...new Set(landed.flatMap(({ images }) => images))];
  if (keys.length === 0) return { images: [], problems: [] };
  try {
    const channels = chooseChannels({ config, images: keys }, deps.source).flatMap((channel) => {
      const own = landed.filter((each) => each.channel === channel.channel && each.repository === channel.repository);
      const images = channel.images.filter(({ key }) => own.some((each) => each.images.includes(key)));
      return images.length === 0 ? [] : [{ ...channel, images }];
    });
    const { signal } = deps;
    const statuses = await Promise.all(
      channels.map((channel) => readStatus(channel, deps.openTarget(channel), { check: 'none' }, { signal })),
    );
    const expected = expectedImages(statuses);
    const open = statuses.flatMap(({ channel, images }) =>
      images.flatMap(({ key, image = '', current }): LiveImage[] =>
        current.status === 'proposed' || 'pullRequest' in current
          ? [{ key, channel, image, source: 'none', workloads: [], outcome: NOT_MERGED }]
          : [],
      ),
    );
    const isOpen = (image: ExpectedImage) =>
      open.some(({ key, channel }) => key === image.key && channel === image.channel);
    const merged = expected.filter((image) => !isOpen(image));
    const { images, end } = merged.length > 0 ? await deps.waitForLive(merged, limitMs) : { images: [], end: 'over' };
    const all = [...images, ...open];
    return { images: all, problems: liveProblems(all, end === 'timeout' ? limitMs : undefined) };
  } catch (error) {
    if (!deps.signal.aborted && !(error instanceof Cancelled)) return { images: [], problems: [...problemsOf(error)] };
    throw new Cancelled(`waiting for the cluster to run ${listOf(keys)}. The deploy commit stays`, 'open');
  }
}

const NOT_MERGED = { status: 'unknown', reason: 'its pull request is not merged' } as const;
