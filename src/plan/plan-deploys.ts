import type { Config, DeployConfig } from '../config/config.js';
import type { Source } from '../facts/source.js';
import type { Choice } from '../config/inputs.js';
import type { PlannedDeploy, PublishMode } from './plan.js';

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

    // With another repository the configuration names the branch.
    const branch = target.branch ?? source.defaultBranch ?? ownBranch(source);
    if (branch === undefined) return skip('the branch to deploy to is not known: set `deploy.branch`');
    if (choice === 'auto') {
      const objection = objectionTo(target, source, branch);
      if (objection !== undefined) return skip(objection);
    }
    const place = config.place(`deploy.${index}.kustomization`);
    return { status: 'deploy', target, branch, channel: target.channel ?? branch, images, place };
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

function ownBranch(source: Source): string | undefined {
  return source.ref.type === 'branch' ? source.ref.name : undefined;
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
