import type { Config, DeployConfig } from '../config/config.js';
import type { Source } from '../facts/source.js';
import type { Choice } from '../config/inputs.js';
import { problem, type Problem } from '../lib/errors.js';
import { didYouMean } from '../lib/suggestion.js';
import type { PlannedDeploy, PublishMode } from './plan.js';

/** The targets that a run may deploy to: those of one channel, and those that `when` leaves to releases, or all. */
export interface DeployScope {
  /** Undefined: every channel. */
  channel?: string;
  when: 'push' | 'any';
}

/**
 * Decides for every deploy target whether this release rolls out there, and to which branch.
 * A release from a tag or a detached head deploys to the configured branch, never to its own ref.
 */
export function planDeploys(
  config: Config,
  source: Source,
  publish: PublishMode,
  imageKeys: readonly string[],
  choice: Choice,
  scope: DeployScope = { when: 'push' },
): PlannedDeploy[] {
  return config.deploy.map((written, index) => {
    const target = namesOwn(written, source) ? { ...written, repository: undefined } : written;
    const skip = (reason: string): PlannedDeploy => ({ status: 'skip', target, reason });
    const foreign = foreignCode(source);
    if (foreign !== undefined) return skip(foreign);
    if (publish.mode === 'build-only') return skip(publish.reason);
    if (publish.mode === 'by-digest') return skip('images are pushed by digest only; the job that merges them deploys');
    if (choice === 'false') return skip('deploy is off for this run');

    const images = (target.images ?? config.images.map(({ key }) => key)).filter((key) => imageKeys.includes(key));
    // A pull request keeps its other proposals, so it takes part in every release.
    if (images.length === 0 && target.mode === 'commit') return skip('none of its images is part of this release');

    const branch = branchOf(target, source);
    if (branch === undefined) return skip('the branch to deploy to is not known: set `deploy.branch`');
    const channel = target.channel ?? branch;
    if (scope.channel !== undefined && scope.channel !== channel)
      return skip(`only the channel ${scope.channel} is deployed`);
    if (scope.when === 'push' && target.when === 'promoted')
      return skip(`the channel ${channel} is deployed by promotion`);
    if (choice === 'auto') {
      const objection = objectionTo(target, source, branch);
      if (objection !== undefined) return skip(objection);
    }
    const place = config.place(`deploy.${index}.kustomization`);
    return { status: 'deploy', target, branch, channel, images, place };
  });
}

/** Why the code that is checked out is neither pushed nor deployed, whatever the run asks for; undefined: it may be. */
export function foreignCode({ ref, unconfirmed }: Source): string | undefined {
  if (ref.type === 'pull-request' && ref.fork) return 'a pull request from a fork is built and never pushed';
  return unconfirmed;
}

export function namesOwn({ repository }: DeployConfig, source: Source): boolean {
  return repository?.toLowerCase() === source.repository?.toLowerCase();
}

function objectionTo(target: DeployConfig, source: Source, branch: string): string | undefined {
  switch (source.ref.type) {
    case 'tag':
      return undefined;
    case 'branch': {
      const deploying = [branch, source.defaultBranch];
      return deploying.includes(source.ref.name)
        ? undefined
        : `branch ${source.ref.name} does not deploy (${target.branch ?? branch} does); to deploy, set deploy: true`;
    }
    case 'pull-request':
      return 'pull requests do not deploy';
    case 'commit':
      return 'a commit on no branch does not deploy by itself; to deploy, set deploy: true';
  }
}

/** Problems of a run that names a channel to deploy to. */
export function checkChannel(
  { deploy }: Config,
  source: Source,
  wanted: string | undefined,
  when: DeployScope['when'] = 'push',
): Problem[] {
  if (wanted === undefined) return [];
  const channels = deploy.map((target) => ({ ...target, channel: target.channel ?? branchOf(target, source) ?? '' }));
  const found = channels.filter(({ channel }) => channel === wanted);
  if (found.length === 0) return [unknownChannel(channels, wanted)];
  if (when === 'any' || found.some((target) => target.when === undefined)) return [];
  return [
    problem({
      code: 'input/conflict',
      message: `No release deploys to the channel ${wanted}: its targets have \`when: promoted\`.`,
      fix: `Release without it, then promote: image-release promote --from ${channels.find((target) => target.when === undefined)?.channel ?? 'CHANNEL'} --to ${wanted}`,
    }),
  ];
}

export function unknownChannel(channels: readonly { channel: string }[], wanted: string): Problem {
  const names = [...new Set(channels.map(({ channel }) => channel))];
  const message =
    names.length === 0
      ? `There is no channel ${wanted}: nothing is deployed.`
      : `There is no channel ${wanted}; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}.`;
  const fix = didYouMean(wanted, names) ?? (names.length === 0 ? 'Add a target to `deploy`.' : 'Use one of them.');
  return problem({ code: 'deploy/unknown-channel', message, fix });
}

/** With another repository the configuration names the branch. */
function branchOf({ branch }: DeployConfig, { ref, defaultBranch }: Source): string | undefined {
  return branch ?? defaultBranch ?? (ref.type === 'branch' ? ref.name : undefined);
}
