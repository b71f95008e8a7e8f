import type { Problem } from '../lib/errors.js';
import { closest } from '../lib/suggestion.js';
import type { Config, DeployConfig } from './config.js';
import type { WrittenDeploy, WrittenDeployTarget } from './schema-deploy.js';

/** What only the deploy targets together show to be wrong. */
export function deployProblems(config: Config, written: WrittenDeploy | undefined): Problem[] {
  const targets = Array.isArray(written) ? written : [written];
  return [...branchesUnnamed(config), ...pullRequestKeys(config, targets), ...sharedChannels(config)];
}

/** Images that `deploy` names and nobody builds. */
export function unknownImages(config: Config): Problem[] {
  const known = config.images.map(({ key }) => key);
  return config.deploy.flatMap((target, index) => {
    const named = [
      ...(target.images ?? []).map((key, position) => ({ key, at: `images.${position}` })),
      ...Object.keys(target.names ?? {}).map((key) => ({ key, at: `add-missing.${key}` })),
    ];
    return named.flatMap(({ key, at }): Problem[] => {
      if (known.includes(key)) return [];
      const near = closest(key, known);
      return [
        {
          code: 'config/unknown-image',
          severity: 'error',
          place: config.place(`deploy.${index}.${at}`),
          message: `\`deploy\` names the image \`${key}\`, which is not among \`images\`.`,
          fix: near === undefined ? `Known images: ${known.join(', ')}.` : `Did you mean \`${near}\`?`,
        },
      ];
    });
  });
}

/** The default branch of another repository is nobody's to guess: a rollout goes where the controller looks. */
function branchesUnnamed(config: Config): Problem[] {
  return config.deploy.flatMap(({ repository, branch }, index): Problem[] =>
    repository === undefined || branch !== undefined
      ? []
      : [
          {
            code: 'config/invalid',
            severity: 'error',
            place: config.place(`deploy.${index}.repository`),
            message: `\`deploy.branch\` is missing: ${repository} is another repository, whose branch has to be named.`,
            fix: 'Add the branch that your GitOps controller follows, for instance `branch: main`.',
          },
        ],
  );
}

function pullRequestKeys(
  config: Config,
  targets: readonly (string | WrittenDeployTarget | undefined)[],
): Problem[] {
  return config.deploy.flatMap(({ mode }, index) => {
    const target = targets[index];
    if (mode !== 'commit' || typeof target !== 'object') return [];
    return (['labels', 'auto-merge'] as const)
      .filter((key) => target[key] !== undefined && target[key] !== false)
      .map((key): Problem => ({
        code: 'config/invalid',
        severity: 'error',
        place: config.place(`deploy.${index}.${key}`),
        message: `\`deploy.${key}\` concerns pull requests, but this target commits to its branch.`,
        fix: 'Add `mode: pull-request`, or remove the key.',
      }));
  });
}

/** A ledger moves together with one branch: on two of them it would tell of both and keep the order of neither. */
function sharedChannels(config: Config): Problem[] {
  return config.deploy.flatMap((target, index): Problem[] => {
    const first = config.deploy.find(
      (other) => channelOf(other) === channelOf(target) && other.repository === target.repository,
    );
    if (first === undefined || first === target || wayOf(first) === wayOf(target)) return [];
    return [
      {
        code: 'config/invalid',
        severity: 'error',
        place: config.place(`deploy.${index}`),
        message: `${target.kustomization} and ${first.kustomization} share the channel ${channelOf(target) ?? 'of the default branch'}, but go to ${wayOf(first)} and ${wayOf(target)}.`,
        fix: 'Give one of them a `channel` of its own: each keeps the order of releases on one way to one branch.',
      },
    ];
  });
}

function channelOf({ channel, branch }: DeployConfig): string | undefined {
  return channel ?? branch;
}

function wayOf({ branch, mode }: DeployConfig): string {
  const to = branch === undefined ? 'the default branch' : `branch ${branch}`;
  return mode === 'commit' ? to : `${to} by pull request`;
}
