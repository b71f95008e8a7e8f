import { posix } from 'node:path';
import { referenceOf, type ChannelStatus, type ImageStatus } from '../deploy/status/status.js';
import type { ExpectedImage } from './outcome.js';

export function expectedImages(channels: readonly ChannelStatus[]): ExpectedImage[] {
  return channels.flatMap(({ channel, branch, repository, images }) =>
    images.flatMap((status) => {
      const deployed = deployedOf(status);
      return deployed === undefined ? [] : [{ key: status.key, channel, branch, repository, ...deployed }];
    }),
  );
}

/** The image as the branch deploys it: the release of the ledger, unless the Kustomization was edited by hand. */
function deployedOf({ image, current, files, served }: ImageStatus) {
  if (image === undefined || current.status === 'absent') return undefined;
  const recorded = referenceOf(current);
  const edited = files
    .flatMap((file) => file.entries)
    .find(
      (entry) => (entry.tag ?? recorded.tag) !== recorded.tag || (entry.digest ?? recorded.digest) !== recorded.digest,
    );
  const namespaces = files.map((file) => file.namespace);
  const known = {
    image,
    tag: recorded.tag,
    digest: recorded.digest ?? ('digest' in served ? served.digest : undefined),
  };
  return {
    ...(edited ? { image: edited.image, tag: edited.tag, digest: edited.digest } : known),
    commit: edited === undefined && 'release' in current ? current.release.commit : undefined,
    folders: files.map(({ path }) => posix.dirname(path)),
    namespaces: [...new Set(namespaces.every((name) => name !== undefined) ? namespaces : [])],
  };
}
