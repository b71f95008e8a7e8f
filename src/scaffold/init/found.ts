import type { Place } from '../../lib/errors.js';

/** A repository as `init` sees it: read once, passed as data. */
export interface Repository {
  /** `owner/name`, where the origin is on a forge. */
  name?: string;
  /** Address of the origin without credentials, where it is on no forge that is known. */
  origin?: string;
  /** Name of its folder on this machine. */
  folder: string;
  defaultBranch: string;
  /** All files but the ignored ones, relative to the root, sorted. */
  paths: readonly string[];
  /** Dockerfiles that are links, with what they lead to. */
  links?: Readonly<Record<string, string>>;
  /** Those that may say how images are built and deployed: Dockerfiles, YAML, HCL, scripts. */
  files: readonly RepositoryFile[];
}

export interface RepositoryFile {
  path: string;
  text: string;
}

/** An image that the repository builds today, in whatever form; paths are relative to the root. */
export interface FoundImage {
  /** Where it is built: the step, the service, the command. */
  place: Place;
  /** What builds it, as people call it: `docker/build-push-action@v6`, `docker build`, `kaniko`. */
  by: string;
  /** What the source calls it, where it does: id of the step, name of the service. */
  key?: string;
  /** Without tag; undefined where nothing says it. */
  image?: string;
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
  /** Rules in docker/metadata-action's grammar; empty: nothing says which. */
  tags: string[];
  flavor: string[];
  cache?: 'gha' | 'registry' | 'none';
  /** Reference of a registry cache. */
  cacheRef?: string;
  provenance?: 'max' | 'min' | 'off';
  sbom?: 'on' | 'off';
}

/** A bake or compose file that stays the place where images are described. */
export interface FoundBake {
  place: Place;
  by: string;
  files: string[];
  /** Empty: the default group. */
  targets: string[];
  /** Rules for what the file, or what runs it, gives as tags; empty: nothing says which, or each target has its own. */
  tags: string[];
  flavor: string[];
  /** Targets that are released, with the names of their images where the file says them. */
  released: { name: string; image?: string }[];
  /** What is laid over a target, by its name: what the file does not say, or bake does not read. */
  overlays: Record<string, BakeOverlay>;
}

export type BakeOverlay = Partial<
  Pick<
    FoundImage,
    'image' | 'context' | 'dockerfile' | 'target' | 'args' | 'labels' | 'platforms' | 'noCache' | 'tags'
  >
>;

/** Something that writes tags into Kustomizations today. */
export interface FoundUpdate {
  place: Place;
  /** `sed`, `yq`, `kustomize edit set image`, … */
  by: string;
  /** Path of the Kustomization. */
  kustomization: string;
  branch?: string;
  /** `owner/name` of another repository. */
  repository?: string;
  /** Token of the commits, as an expression; undefined: that of the job, or none that could be named. */
  token?: string;
  mode: 'commit' | 'pull-request';
  /** In which of them it is done. */
  events: FoundEvent[];
}

/** What makes a workflow run, as far as images differ by it. */
export type FoundEvent = 'default-branch' | 'branch' | 'tag' | 'pull-request';

/** When a workflow runs today. */
export interface FoundTriggers {
  branches: string[];
  /** Patterns of git tags. */
  tags: string[];
  pullRequest: boolean;
  /** Patterns of the branches that pull requests are made against; undefined: any. */
  pullRequestBranches?: string[];
  /** Cron expressions. */
  schedule: string[];
}

export interface FoundLogin {
  host: string;
  /** As the workflow writes them, usually an expression. */
  username?: string;
  password?: string;
}

/** What one thing of the old way became. */
export interface Replaced {
  place: Place;
  /** `docker/metadata-action@v5 (meta-api)`. */
  what: string;
  /** `tags: of image-release.yml`. */
  by: string;
}

/** What could not be carried over, with what to do about it. */
export interface LeftOver {
  place: Place;
  what: string;
  advice: string;
}

/** What the repository does today; several sources add up. */
export interface Found {
  images: FoundImage[];
  bakes: FoundBake[];
  updates: FoundUpdate[];
  triggers?: FoundTriggers;
  logins: FoundLogin[];
  /** Steps that log in to a cloud, and have to stay: `aws-actions/amazon-ecr-login@v2 (…/cd.yml:22)`. */
  keptLogins: string[];
  /** Environment of the step that releases: what build secrets are taken from, as an expression. */
  environment: Record<string, string>;
  /** Tags that only a workflow can fill in (`${{ github.run_number }}`); for the input `tags`. */
  furtherTags: string[];
  /** Who signs the images today. */
  sign?: 'github' | 'cosign';
  /** What sets emulation of other platforms up: `docker/setup-qemu-action@v3`. */
  emulation?: string;
  replaced: Replaced[];
  left: LeftOver[];
}
