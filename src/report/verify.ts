import type { ChannelStatus, ImageStatus } from '../deploy/status/status.js';
import type { PublishedPlatform } from '../registry/published-image.js';
import type { Signer } from '../registry/signing/verify-bundle.js';
import { shortDigest } from './format.js';
import { renderChannels, statusAsJson } from './status.js';
import type { Style } from './terminal.js';

/** A channel whose images were compared with ledger, Kustomizations, registry, and attestations. */
export type VerifiedChannel = ChannelStatus<VerifiedImage>;

export interface VerifiedImage extends ImageStatus {
  /** As the registry serves them; empty: nothing could be verified. */
  platforms: PublishedPlatform[];
  /** Whose signature is valid. */
  signer?: Signer;
}

/** Each image with its platforms and signer, the problems, and a headline. */
export function renderVerification(channels: readonly VerifiedChannel[], now: Date, style: Style): string {
  const compared = channels.map(({ behind: _, ...channel }) => channel);
  const words = {
    sound: ['matches the ledger, and the attestations are valid', 'match the ledger, and the attestations are valid'],
    unsound: ['failed verification', 'failed verification'],
  } as const;
  return renderChannels(compared, now, style, words, ({ platforms, signer }) => [
    ...platforms.map((platform) => style.fit(`    ${renderPlatform(platform, style)}`, 6)),
    ...(signer ? [style.fit(`    signed by ${signer.workflow}`, 6)] : []),
  ]);
}

/** `linux/amd64  sha256:1f2e3d4c5b6a · SBOM of 12 packages · provenance of commit 1a2b3c4`. */
function renderPlatform({ platform, digest, sbom, provenance }: PublishedPlatform, style: Style): string {
  const facts = [
    style.faint(shortDigest(digest)),
    sbom === undefined ? 'no SBOM' : `SBOM of ${sbom.packages} packages`,
    provenance === undefined ? 'no provenance' : describeProvenance(provenance),
  ];
  return `${platform}  ${facts.join(' · ')}`;
}

function describeProvenance({ source, revision }: NonNullable<PublishedPlatform['provenance']>): string {
  if (revision === undefined) return 'provenance without a commit';
  return `provenance of commit ${revision.slice(0, 7)}${source === undefined ? '' : ` of ${source}`}`;
}

/** The verification as `verify --json` prints it. */
export function verificationAsJson(channels: readonly VerifiedChannel[]): unknown {
  return statusAsJson(channels, ({ platforms, signer }) => ({ platforms, signer }));
}
