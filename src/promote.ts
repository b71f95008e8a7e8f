import type { RunRequest, Dependencies } from './dependencies.js';
import { chooseChannels } from './deployment-channels.js';
import { rolloutOf, type DeploymentsContext } from './deployments.js';
import type { Rollout } from './deploy/target.js';
import { readStatus, type Channel } from './deploy/status/read-status.js';
import { referenceOf, type ChannelStatus, type ImageStatus } from './deploy/status/status.js';
import { problem, throwProblems, type Problem } from './lib/errors.js';
import { planDeploys } from './plan/plan-deploys.js';
import { recorded } from './recorded-run.js';
import { deployPublished } from './release.js';
import type { Report } from './report/report.js';

export interface Promotion {
  from: string;
  to: string;
}

/**
 * Deploys to one channel what another one runs: same tags, digests, and source commits, so that an older promotion never
 * replaces a newer one. Never throws: what went wrong is in the report.
 */
export function promote(
  run: RunRequest,
  promotion: Promotion,
  deps: Dependencies & DeploymentsContext,
): Promise<Report> {
  return recorded(deps, run, async (report, enter) => {
    const { config, request } = run;
    const [from, to] = [promotion.from, promotion.to].map((channel) =>
      chooseChannels({ config, images: request.images, channel }, deps.source),
    );
    const keys = to!.flatMap(({ images }) => images.map(({ key }) => key));
    const read = (channel: Channel) =>
      readStatus(channel, deps.openTarget(channel), { check: 'none' }, { signal: deps.signal });
    const [running, replaced] = await Promise.all([from!, to!].map((channels) => Promise.all(channels.map(read))));
    const rollouts = rolloutsOf(running!, keys, promotion);
    const before = (key: string) => replaced!.flatMap(({ images }) => images).find((image) => image.key === key);
    const images = rollouts.map(({ key, releaseTag }) => ({ key, before: tagOf(before(key)), after: releaseTag }));
    report.promotion = { ...promotion, images };
    const [newest] = rollouts.toSorted((a, b) => (b.source?.run ?? 0) - (a.source?.run ?? 0));
    const source = { ...deps.source, commit: newest?.source?.commit ?? deps.source.commit };
    const publish = { mode: 'push' } as const;
    const deploy = planDeploys(config, source, publish, keys, 'true', { channel: promotion.to, when: 'any' });
    const plan = { source, images: [], publish, deploy };
    const intent = { type: 'release', order: request.order, act: 'promote' } as const;
    return deployPublished({ run, plan, rollouts, intent }, deps, report, enter);
  });
}

/**
 * What the channel runs of these images.
 * @throws ReleaseError with a problem for each image of which that is not certain
 */
function rolloutsOf(statuses: readonly ChannelStatus[], keys: readonly string[], { from }: Promotion): Rollout[] {
  const images = statuses.flatMap((status) => status.images).filter(({ key }) => keys.includes(key));
  const problems = [...statuses, ...images].flatMap((each) => each.problems);
  const rollouts = keys.flatMap((key) => {
    const found = images.find((image) => image.key === key);
    const why = objectionTo(found);
    if (why === undefined) return rolloutOf(key, found!.image!, releaseOf(found!)!);
    problems.push(notRunning(key, from, why));
    return [];
  });
  throwProblems(problems);
  return rollouts;
}

const tagOf = (status: ImageStatus | undefined) => status && referenceOf(status.current).tag;

const releaseOf = ({ current }: ImageStatus) => ('release' in current ? current.release : undefined);

/** Why it is not known what a channel runs of an image, a clause; undefined: it is known. */
function objectionTo(status: ImageStatus | undefined): string | undefined {
  if (status === undefined) return 'its deploy targets leave it out';
  if (status.current.status === 'proposed') return 'its pull request is not merged';
  return status.image === undefined || releaseOf(status) === undefined ? 'its ledger has no release of it' : undefined;
}

function notRunning(key: string, channel: string, why: string): Problem {
  return problem({
    code: 'deploy/no-such-release',
    message: `${key} can't be promoted from the channel ${channel}: ${why}.`,
    fix: `Release it to ${channel} first, or name the images to promote.`,
    image: key,
  });
}
