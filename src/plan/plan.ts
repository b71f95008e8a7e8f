import type { BuildSecret, DeployConfig } from '../config/config.js';
import type { Source } from '../facts/source.js';
import type { Place } from '../lib/errors.js';

/** Everything that a release will do, decided before anything is done. Plain data, printable as JSON. */
export interface Plan {
  source: Source;
  images: PlannedImage[];
  publish: PublishMode;
  deploy: PlannedDeploy[];
}

export type PublishMode =
  | { mode: 'push' }
  /** Build to prove that it builds; `reason` is a sentence for the report. */
  | { mode: 'build-only'; reason: string };

export interface PlannedImage {
  key: string;
  /** Repository reference without tag: `ghcr.io/acme/api`. */
  image: string;
  status: 'build';
  /** Why it is built, for people: `always built` until there is a baseline to compare with. */
  reason: string;
  /** All tags, the release tag first, no duplicates. */
  tags: string[];
  /** The immutable tag that the deploy commit names; always one of `tags`. */
  releaseTag: string;
  context: string;
  dockerfile: string;
  target?: string;
  args: Record<string, string>;
  secrets: BuildSecret[];
  platforms: string[];
  contexts: Record<string, string>;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  noCache: boolean;
  /** Entries in BuildKit's CSV grammar: `type=gha,scope=…`. */
  cacheFrom: string[];
  cacheTo: string[];
  attest: PlannedAttestations;
  /** Committer date of the source commit, seconds: the build's SOURCE_DATE_EPOCH. */
  sourceDateEpoch: number;
}

export interface PlannedAttestations {
  provenance: 'max' | 'min' | 'off';
  sbom: { scanner?: string } | 'off';
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
      /** Where the configuration names the target, for messages about it. */
      place?: Place;
    }
  | { status: 'skip'; target: DeployConfig; reason: string };
