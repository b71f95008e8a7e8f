import type { BuilderChoice } from './builder-settings.js';
import type { Place } from '../lib/errors.js';

/** The configuration of a release after validation: defaults filled in, short forms expanded. */
export interface Config {
  /** The file (relative to the repository root) or `input "config-inline"`, for messages. */
  origin: string;
  /** Prefix for image names without a registry host, such as `ghcr.io/acme`; no trailing slash. */
  registry?: string;
  /** In the order of the file; those of a bake or compose file after them. */
  images: ImageConfig[];
  /** A bake or compose file whose targets are images, too. */
  bake?: BakeSource;
  /** Targets of that file that images are based on, and that are no images. */
  helpers: HelperTarget[];
  /** Rules in docker/metadata-action's grammar, one per item; empty: the defaults of `plan/tags`. */
  tags: string[];
  /** Items of docker/metadata-action's `flavor`, such as `latest=false`. */
  flavor: string[];
  cache: CacheConfig;
  /** Whether the contents of `RUN --mount=type=cache` are carried between runs; those larger than `maxSize` bytes aren't. */
  cacheMounts: { maxSize: number } | 'off';
  attest: AttestConfig;
  /** Whether an image whose inputs did not change keeps the build that is published. */
  unchanged: 'reuse' | 'rebuild';
  /** Age in seconds from which an unchanged image is rebuilt without cache; undefined: never. */
  maxAge?: number;
  deploy: DeployConfig[];
  builder: BuilderChoice;
  /** The place of a value: `place('images.api.dockerfile')`; of the nearest parent if it is absent. */
  place(path: string): Place;
}

export interface ImageConfig {
  key: string;
  /** Path of the context relative to the repository root, `.` for the root. */
  context: string;
  /** Path relative to the repository root; default `<context>/Dockerfile`. */
  dockerfile: string;
  /** Text of the Dockerfile if a bake or compose file contains it; `dockerfile` is not read then. */
  dockerfileInline?: string;
  target?: string;
  /** As written: with or without registry, without tag; undefined: `<registry>/<key>`. */
  image?: string;
  args: Record<string, string>;
  secrets: BuildSecret[];
  /** Such as `linux/arm64`; empty: the builder's own platform. */
  platforms: string[];
  /**
   * Named contexts: name → path, `docker-image://…`, URL, `image:<key>` (another image of this repository, or a
   * helper target).
   */
  contexts: Record<string, string>;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  noCache: boolean;
  /** Patterns of files in the context that count as changes; undefined: all that is copied. */
  paths?: string[];
  /** Of a bake target: settings that are passed on as they are (`network`, `ulimits`, …). */
  extra: Record<string, unknown>;
  /** Of a bake target: its entries in place of the configured cache. */
  cacheEntries?: { from: string[]; to: string[] };
  /** Overrides the rules of the release for this image; undefined: the release's. */
  tags?: string[];
}

/** Key of the image or helper that a named context refers to; undefined: it is a path, a URL or the like. */
export function baseKey(source: string): string | undefined {
  return source.startsWith('image:') ? source.slice('image:'.length) : undefined;
}

/** Keys of the images and helpers that an image is built on directly. */
export function basesOf({ contexts }: Pick<ImageConfig, 'contexts'>): string[] {
  return Object.values(contexts).flatMap((source) => baseKey(source) ?? []);
}

/** Keys of the images and helpers that one of them is built on, also through other images and helper targets. */
export function allBasesOf(
  images: readonly (Pick<HelperTarget, 'key' | 'contexts'> & { helpers?: HelperTarget[] })[],
  key: string,
): string[] {
  const found = new Set<string>();
  const visit = (at: string) => {
    const image = images.find((each) => each.key === at);
    for (const base of image ? [image, ...(image.helpers ?? [])].flatMap(basesOf) : []) {
      if (found.has(base)) continue;
      found.add(base);
      visit(base);
    }
  };
  visit(key);
  return [...found];
}

/** A target that is built in the same bake as the images that are based on it, and not published. */
export type HelperTarget = Omit<ImageConfig, 'image' | 'tags'>;

/** Configured settings of one image, without defaults. `dockerfile` is relative to the context. */
export type ImageOverride = Partial<Omit<ImageConfig, 'key'>>;

export type BuildSecret = { id: string; env: string } | { id: string; file: string };

export interface BakeSource {
  /** Relative to the repository root, in the order in which `docker buildx bake -f` takes them. */
  files: string[];
  /** Targets and groups; empty: `default`. */
  targets: string[];
  /** Settings under `images`, by key. */
  overrides: Record<string, ImageOverride>;
}

export type CacheConfig = { type: 'auto' } | { type: 'gha' } | { type: 'registry'; ref?: string } | { type: 'none' };

export interface AttestConfig {
  /** `auto`: max for public repositories, min for private ones. */
  provenance: 'auto' | 'max' | 'min' | 'off';
  /** `best-effort`: published without one, with a warning, if the scanner is not available. */
  sbom: 'on' | 'best-effort' | 'off';
  /** Image with BuildKit's scanner protocol; undefined: BuildKit's default. */
  scanner?: string;
  /** The signer of the statement that these digests come from this workflow run. */
  sign: 'github' | 'cosign' | 'off';
}

export interface DeployConfig {
  /** Path of a Kustomization file or of its folder, or a pattern (`k8s/overlays/*`), relative to the repository root. */
  kustomization: string;
  /** Keys of the images that are rolled out there; undefined: all. */
  images?: string[];
  /** `owner/name` or the URL of another repository; undefined: the one that is released. */
  repository?: string;
  /** The branch that the GitOps controller follows; undefined: the repository's default branch. */
  branch?: string;
  /** Name of the ledger that keeps the order of releases; undefined: the branch's name. */
  channel?: string;
  /** Releases leave it alone, and what another channel runs is deployed there on request; undefined: each deploys. */
  when?: 'promoted';
  mode: 'commit' | PullRequestMode;
  /** Fields that are set; an entry with a digest keeps having one. */
  pin: 'tag' | 'digest' | 'both';
  /** An image without entry is an error, or gets an entry at the end of the list. */
  missing: 'refuse' | 'add';
  /** By image key: the name of an added entry, if the manifests don't use the published name. */
  names?: Record<string, string>;
  /** First line of the commit message; `{{images}}` and `{{tag}}` are filled in. */
  message?: string;
}

export interface PullRequestMode {
  labels: string[];
  /** Undefined: people merge it. */
  autoMerge?: 'merge' | 'squash' | 'rebase';
}
