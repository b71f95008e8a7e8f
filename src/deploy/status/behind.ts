import type { Ancestry } from '../order.js';
import type { ChannelStatus, ImageStatus } from './status.js';
import type { Channel } from './read-status.js';

/** What a channel of promotions lacks of the one that releases deploy to. */
export interface Behind {
  channel: string;
  /** Images whose releases differ, with their tags; empty: none does. */
  images: { key: string; tag: string; newer: string }[];
  /** Commits of the source between them; undefined: not known, or not the same for all images. */
  commits?: number;
}

/** Compares each channel of promotions with the first one that releases deploy to and that has one of its images. */
export async function compareChannels(
  channels: readonly Channel[],
  statuses: readonly ChannelStatus[],
  ancestry: Ancestry,
  options: { signal?: AbortSignal },
): Promise<ChannelStatus[]> {
  const isPromoted = (index: number) => channels[index]!.deploys.every(({ target }) => target.when === 'promoted');
  const released = statuses.filter((_, index) => !isPromoted(index));
  return Promise.all(
    statuses.map(async (status, index) => {
      const other = released.find(({ images }) => pairsOf(status.images, images).length > 0);
      if (!isPromoted(index) || other === undefined) return status;
      const pairs = pairsOf(status.images, other.images).filter(({ own, newer }) => own.tag !== newer.tag);
      const images = pairs.map(({ key, own, newer }) => ({ key, tag: own.tag, newer: newer.tag }));
      const ways = new Map(pairs.map(({ own, newer }) => [own.source.commit, newer.source.commit]));
      const [way, ...more] = ways;
      const between =
        way && more.length === 0 ? await ancestry.history?.(...way, options).catch(() => undefined) : undefined;
      return { ...status, behind: { channel: other.channel, images, ...(between && { commits: between.total }) } };
    }),
  );
}

function pairsOf(images: readonly ImageStatus[], others: readonly ImageStatus[]) {
  return images.flatMap(({ key, current }) => {
    const other = others.find((image) => image.key === key)?.current;
    if (!('release' in current) || other === undefined || !('release' in other)) return [];
    return [{ key, own: current.release, newer: other.release }];
  });
}
