import type { ChannelStatus, ImageStatus } from '../deploy/status/status.js';
import type { PublishedPlatform } from '../registry/published-image.js';
import type { Signer } from '../registry/signing/verify-bundle.js';
import { shortDigest } from './format.js';
import {
  channelAsJson,
  exitCodeOfStatus,
  nextSteps,
  problemsOf,
  renderChannel,
  renderImage,
  renderSoundness,
} from './status.js';
import { renderProblem, type Style } from './terminal.js';

/** A channel whose images were held against ledger, Kustomizations, registry and their own attestations. */
export interface VerifiedChannel extends Omit<ChannelStatus, 'images'> {
  images: VerifiedImage[];
}

export interface VerifiedImage extends ImageStatus {
  /** What was found in the registry; empty: nothing could be verified. */
  platforms: PublishedPlatform[];
  /** Whose signature holds. */
  signer?: Signer;
}

/** What was checked of each image, and what does not stand. */
export function renderVerification(channels: readonly VerifiedChannel[], now: Date, style: Style): string {
  const lines = [
    ...channels.flatMap((channel) => [
      renderChannel(channel, style),
      ...channel.images.flatMap((image) => [
        ...renderImage(image, now, style),
        ...image.platforms.map((platform) => style.fit(`    ${renderPlatform(platform, style)}`, 6)),
        ...(image.signer ? [style.fit(`    signed by ${image.signer.workflow}`, 6)] : []),
      ]),
    ]),
    ...problemsOf(channels).map((problem) => renderProblem(problem, style)),
    renderSoundness(
      channels,
      { sound: 'as recorded, and so do the attestations', unsound: 'as recorded and attested' },
      style,
    ),
    ...nextSteps(channels, style),
  ];
  return `${lines.join('\n')}\n`;
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
  if (revision === undefined) return 'provenance that names no commit';
  return `provenance of commit ${revision.slice(0, 7)}${source === undefined ? '' : ` of ${source}`}`;
}

/** The verification as `verify --json` prints it. */
export function verificationAsJson(channels: readonly VerifiedChannel[]): unknown {
  return {
    sound: exitCodeOfStatus(channels) === 0,
    channels: channels.map((channel) =>
      channelAsJson(channel, ({ platforms, signer }) => ({ platforms, signer })),
    ),
  };
}
