import type { Config, ImageConfig } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import type { ImageFiles } from '../../src/facts/build-files.js';
import type { DockerFacts } from '../../src/facts/docker.js';
import type { Facts } from '../../src/facts/facts.js';
import type { Source } from '../../src/facts/source.js';
import { planRelease } from '../../src/plan/plan-release.js';
import { planTags, type TagPlan } from '../../src/plan/tags.js';
import type { ReleaseRequest } from '../../src/plan/plan.js';

export const COMMIT = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';

export function configOf(text: string): Config {
  return loadConfig({ text, origin: 'image-release.yml' });
}

/** A configured image with default settings. */
export function imageConfig(key: string, over: Partial<ImageConfig> = {}): ImageConfig {
  return {
    ...{ key, context: key, dockerfile: `${key}/Dockerfile` },
    ...{ args: {}, secrets: [], platforms: [], contexts: {}, labels: {}, annotations: {}, noCache: false, extra: {} },
    ...over,
  };
}

export function sourceOf(over: Partial<Source> = {}): Source {
  return {
    repository: 'Acme/shop',
    commit: COMMIT,
    commitTime: 1_700_000_000,
    ref: { type: 'branch', name: 'main' },
    event: { name: 'push', deleted: false },
    defaultBranch: 'main',
    now: 1_700_000_100,
    ...over,
  };
}

export const DOCKER: DockerFacts = {
  docker: 'present',
  client: '26.1.5',
  server: {
    status: 'ready',
    version: '26.1.5',
    imageStore: 'containerd',
    storageDriver: 'overlayfs',
    rootDirectory: '/var/lib/docker',
    platform: 'linux/x86_64',
  },
  buildx: {
    status: 'present',
    version: '0.13.1',
    abilities: { allow: false, call: false },
    builder: { status: 'usable', name: 'default', driver: 'docker', nodes: [] },
  },
  pod: false,
};

/** Facts in which all contexts and Dockerfiles exist, unless `files` overrides them. */
export function factsOf(
  config: Config,
  over: Partial<Omit<Facts, 'files'>> & { files?: Record<string, Partial<ImageFiles>> } = {},
): Facts {
  const present: ImageFiles = {
    context: 'directory',
    dockerfile: 'FROM busybox AS build\nFROM build AS runtime\n',
    refused: [],
    missingSecretFiles: [],
    missingSecretVariables: [],
  };
  return {
    source: sourceOf(),
    environment: { kind: 'terminal' },
    uncommitted: [],
    checkout: { node: [], workflows: [], manifests: [] },
    usernames: [],
    ...over,
    files: Object.fromEntries(config.images.map(({ key }) => [key, { ...present, ...over.files?.[key] }])),
  };
}

export function requestOf(over: Partial<ReleaseRequest> = {}): ReleaseRequest {
  return {
    images: [],
    extraTags: [],
    push: 'auto',
    deploy: 'auto',
    platforms: [],
    noCache: false,
    rebuild: false,
    order: 'forward-only',
    ...over,
  };
}

export const TWO = 'registry: ghcr.io/acme\nimages: { api: , web: { context: site } }\n';

export function planned(yaml: string, over: { request?: object; source?: object; facts?: object } = {}) {
  const config = configOf(yaml);
  const facts = factsOf(config, { source: sourceOf(over.source), ...over.facts });
  return planRelease(config, facts, requestOf(over.request));
}

/** The tags that registries accept. */
export const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export function planTagsOf(source: Source, rules: string[] = [], flavor: string[] = []): TagPlan {
  return planTags({ rules, flavor, source, place: (list, index) => ({ file: `${list}.${index}` }) });
}

/** Tags of a plan without problems, in order; moving tags are marked with `~`. */
export function tagsOf(source: Source, rules: string[] = [], flavor: string[] = []): string[] {
  const result = planTagsOf(source, rules, flavor);
  if (result.problems.length > 0) throw new Error(JSON.stringify(result.problems));
  return result.tags.map(({ value, order }) => (order ? `~${value}` : value));
}
