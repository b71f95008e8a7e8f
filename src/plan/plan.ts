import type { DeployConfig, HelperTarget } from '../config/config.js';
import type { Inputs } from '../config/inputs.js';
import type { Source } from '../facts/source.js';
import type { BuildDescription } from '../dockerfile/description.js';
import type { Place } from '../lib/errors.js';

/** Everything that a release will do, decided before anything is done. Plain data, printable as JSON. */
export interface Plan {
  source: Source;
  images: PlannedImage[];
  publish: PublishMode;
  /** The signer; absent: nobody. */
  sign?: 'github' | 'cosign';
  deploy: PlannedDeploy[];
  /** Every image of the configuration is released. */
  complete?: boolean;
}

export type PublishMode =
  | { mode: 'push' }
  /** Some platforms of an image: nothing is tagged or deployed, a later job merges them with the others. */
  | { mode: 'by-digest' }
  /** Build to prove that it builds; `reason` is a sentence for the report. */
  | { mode: 'build-only'; reason: string };

export type PlannedImage = ImagePlan & BuildDecision;

/** An image and everything that its build and its publication need. */
export interface ImagePlan extends Omit<BuildDescription, 'platforms'> {
  /** Repository reference without tag: `ghcr.io/acme/api`. */
  image: string;
  /** All tags, the release tag first, no duplicates. */
  tags: string[];
  /** Those of `tags` that later releases move, and how releases are compared. */
  movingTags: Record<string, TagOrder>;
  /** The immutable tag that the deploy commit names; always one of `tags`. */
  releaseTag: string;
  /** Empty: the builder's own. */
  platforms: string[];
  /** All that the image gets; `configured` are those among them that don't change with every commit. */
  labels: Record<string, string>;
  annotations: Record<string, string>;
  configured: Pick<BuildDescription, 'labels' | 'annotations'>;
  noCache: boolean;
  /** Entries in BuildKit's CSV grammar: `type=gha,scope=…`. */
  cacheFrom: string[];
  cacheTo: string[];
  attest: PlannedAttestations;
  /** Targets that it needs and that are not published; `image:<key>` in `contexts` may name them. */
  helpers?: HelperTarget[];
  /** Committer date of the source commit, seconds: the build's SOURCE_DATE_EPOCH. */
  sourceDateEpoch: number;
}

/** `version`: a higher version is later, whenever it was released; `commit`: by history. */
export type TagOrder = 'version' | 'commit';

/** Images with their actual platforms. @param native platform of the builder, for images without platforms */
export function withPlatforms<Image extends ImagePlan>(images: readonly Image[], native: string): Image[] {
  return images.map((image) => ({
    ...image,
    platforms: image.platforms.length > 0 ? image.platforms : [native],
  }));
}

/** Whether an image is built; `reason` is for people, a clause without full stop. */
export type BuildDecision = (
  | { status: 'build' }
  /** The published image is reused: `digest` gets this release's tags. */
  | { status: 'unchanged'; digest: string; since: { tag: string; commit?: string; commits?: number } }
) & {
  reason: string;
  /** Over all inputs (see ImageFingerprint); undefined: they can't be pinned, or were not read. */
  fingerprint?: string;
};

/** In UTC, whole seconds. */
export function rfc3339(seconds: number): string {
  return new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}

/** BuildKit's own: https://docs.docker.com/build/metadata/attestations/sbom/ */
export const DEFAULT_SCANNER = 'docker/buildkit-syft-scanner:stable-1';

export interface PlannedAttestations {
  provenance: 'max' | 'min' | 'off';
  /** `optional`: published without one where the scanner can't be had. */
  sbom: { scanner?: string; optional?: true } | 'off';
}

export type PlannedDeploy =
  | {
      status: 'deploy';
      target: DeployConfig;
      branch: string;
      /** Names the ledger: `refs/image-release/<channel>`. */
      channel: string;
      /** Empty only where a pull request goes on proposing images of earlier releases. */
      images: string[];
      /** The place of the target in the configuration. */
      place?: Place;
    }
  | { status: 'skip'; target: DeployConfig; reason: string };

/** The request of one run, in addition to the configuration. */
export type ReleaseRequest = Pick<
  Inputs,
  'images' | 'extraTags' | 'push' | 'deploy' | 'channel' | 'platforms' | 'builder' | 'noCache' | 'rebuild' | 'order'
>;
