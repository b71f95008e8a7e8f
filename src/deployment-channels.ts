import type { Config } from './config/config.js';
import type { ActiveDeploy } from './deploy/deploy-edits.js';
import type { NamedImage } from './deploy/status/status.js';
import type { Channel } from './deploy/status/read-status.js';
import type { Source } from './facts/source.js';
import { problem, throwProblems, type Problem } from './lib/errors.js';
import { planDeploys, unknownChannel } from './plan/plan-deploys.js';
import { unknownImages } from './plan/plan-release.js';
import { resolveImageName } from './plan/references.js';
import { noTarget } from './release.js';

export interface DeploymentsRequest {
  config: Config;
  /** Image keys; empty: all. */
  images: readonly string[];
  /** Undefined: all channels. */
  channel?: string;
}

/**
 * The channels that the configuration deploys to, with the images that are wanted there.
 * @throws ReleaseError `deploy/not-configured`, `deploy/unknown-channel`, `input/invalid`
 */
export function chooseChannels({ config, images, channel }: DeploymentsRequest, source: Source): Channel[] {
  throwProblems([...noTarget(config), ...unknownImages(config, images)]);
  const keys = images.length > 0 ? images : config.images.map(({ key }) => key);
  const planned = planDeploys(config, source, { mode: 'push' }, keys, 'true', { when: 'any' });
  const named = namedImages(config, source);
  const channels = new Map<string, Channel & { deploys: ActiveDeploy[] }>();
  for (const item of planned) {
    if (item.status === 'skip') continue;
    const { branch, target } = item;
    const id = `${item.channel} ${target.repository ?? ''}`;
    const at = { channel: item.channel, repository: target.repository, branch };
    const found = channels.get(id) ?? { ...at, deploys: [], images: [] };
    found.deploys.push(item);
    found.images = named.filter(({ key }) => found.deploys.some((deploy) => deploy.images.includes(key)));
    channels.set(id, found);
  }
  const all = [...channels.values()];
  const chosen = all.filter((item) => channel === undefined || item.channel === channel);
  throwProblems([
    ...undeployed(planned, all, all.length === 0 ? keys : images),
    ...(all.length > 0 && chosen.length === 0 ? [unknownChannel(all, channel ?? '')] : []),
  ]);
  return chosen;
}

/** All images of the configuration with their full names. */
export function namedImages({ images, registry }: Config, { repository }: Source): NamedImage[] {
  const owner = repository?.split('/')[0];
  return images.map(({ key, image: written }) => {
    const image = resolveImageName({ key, registry, image: written, owner });
    const releasedFrom = repository !== undefined && { releasedFrom: repository };
    return { key, ...(typeof image === 'string' && { image }), ...releasedFrom };
  });
}

function undeployed(
  planned: ReturnType<typeof planDeploys>,
  channels: readonly Channel[],
  keys: readonly string[],
): Problem[] {
  const skipped = planned.find((item) => item.status === 'skip');
  const why = channels.length === 0 && skipped ? ` (${skipped.target.kustomization}: ${skipped.reason})` : '';
  return keys
    .filter((key) => !channels.some(({ images }) => images.some((image) => image.key === key)))
    .map((key) =>
      problem({
        code: 'deploy/not-configured',
        message: `${key} is deployed nowhere${why}.`,
        fix: 'Add it to the `images` of a deploy target, or name the branch that is deployed to: `deploy.branch`.',
        image: key,
      }),
    );
}
