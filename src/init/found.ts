import type { TextFile } from '../facts/build-files-checkout.js';
import type { Place } from '../lib/errors.js';

/** A repository as `init` sees it: read once, passed as data. */
export interface Repository {
  /** `owner/name`, if the origin is on a known forge. */
  name?: string;
  /** Address of an origin elsewhere, without credentials. */
  origin?: string;
  folder: string;
  defaultBranch: string;
  /** All files but the ignored ones, relative to the root, sorted. */
  paths: readonly string[];
  /** Those that may say how images are built and deployed: Dockerfiles, YAML, HCL, scripts. */
  files: readonly TextFile[];
}

/** How an image is built; paths are relative to the root. */
export interface Recipe {
  context: string;
  dockerfile: string;
  target?: string;
  args: Record<string, string>;
  secrets: Record<string, { env: string } | { file: string }>;
  platforms: string[];
  contexts: Record<string, string>;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  noCache: boolean;
}

export interface FoundImage extends Recipe {
  place: Place;
  key?: string;
  /** Without tag. */
  image?: string;
  /** Rules in docker/metadata-action's grammar. */
  tags: string[];
  flavor: string[];
}

/** A release has one cache and one kind of attestations. */
export interface BuildOptions {
  cache?: 'gha' | 'registry';
  provenance?: 'max' | 'min' | 'off';
  sbom?: 'on' | 'off';
}

/** A bake or compose file that stays the place where images are described. */
export interface FoundBake extends Pick<FoundImage, 'place' | 'tags' | 'flavor'> {
  files: string[];
  /** Empty: the default group. */
  targets: string[];
  /** Targets that are released, with literal names of their images; `isGiven`: the workflow gives it, not the file. */
  released: { name: string; image?: string; isGiven?: boolean }[];
}

/** A step that writes tags into a Kustomization. */
export interface FoundUpdate {
  place: Place;
  /** `kustomize edit set image`, `sed -i`, … */
  by: string;
  kustomization: string;
  branch?: string;
  repository?: string;
  token?: string;
  mode: 'commit' | 'pull-request';
  events: FoundEvent[];
}

export type FoundEvent = 'default-branch' | 'branch' | 'tag' | 'pull-request';

export interface FoundTriggers {
  branches: string[];
  tags: string[];
  pullRequest: boolean;
  schedule: string[];
}

export interface FoundLogin {
  host: string;
  /** As the workflow writes them, usually an expression. */
  username?: string;
  password?: string;
}

/** What could not be carried over, with what to do about it. */
export interface LeftOver {
  place: Place;
  what: string;
  advice: string;
  /** It builds, publishes or deploys, and init doesn't read it. */
  isUnread?: boolean;
}

export interface Found extends BuildOptions {
  images: FoundImage[];
  bakes: FoundBake[];
  updates: FoundUpdate[];
  triggers?: FoundTriggers;
  logins: FoundLogin[];
  /** Steps that log in, and have to stay: `aws-actions/amazon-ecr-login@v2 (…/cd.yml:22)`. */
  keptLogins: string[];
  /** Environment of the step that releases: expressions alone. */
  environment: Record<string, string>;
  /** Tags that only a workflow can fill in (`${{ github.run_number }}`); for the input `tags`. */
  furtherTags: string[];
  sign?: 'github' | 'cosign';
  /** What sets emulation of other platforms up: `docker/setup-qemu-action@v3`. */
  emulation?: string;
  replaced: string[];
  left: LeftOver[];
}

/** The content of a proposal before it is text; `emulation` only if a platform needs it. */
export interface Draft extends Pick<Found, 'keptLogins' | 'emulation' | 'environment' | 'furtherTags'> {
  registry: string;
  images: DraftImage[];
  bake?: Pick<FoundBake, 'files' | 'targets'>;
  tags: string[];
  flavor: string[];
  cache?: 'registry';
  attest: Partial<Record<'provenance' | 'sbom' | 'sign', string>>;
  deploys: DraftDeploy[];
  /** The only event that deploys; undefined: every release does. */
  deployOn?: 'tag' | 'branch';
  triggers: FoundTriggers;
  login?: FoundLogin;
  /** Expression that opens the repositories that are deployed to. */
  deployToken?: string;
  checkout: Record<string, string>;
}

export interface DraftImage extends Recipe {
  key: string;
  /** Full name, with its registry; undefined: the bake file has it. */
  image?: string;
  from: 'images' | 'bake';
  named?: string;
  /** Undefined: those of the release. */
  tags?: string[];
}

export interface DraftDeploy extends Pick<FoundUpdate, 'kustomization' | 'repository' | 'branch' | 'mode'> {
  /** Undefined: all. */
  images?: string[];
  /** Names of entries that are added, by key; empty: as it is published. Undefined: none is missing. */
  added?: Record<string, string>;
  remarks: string[];
}
