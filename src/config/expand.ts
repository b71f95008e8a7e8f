import { posix } from 'node:path';
import type { Problem } from '../lib/errors.js';
import type {
  AttestConfig,
  BuilderChoice,
  CacheConfig,
  Config,
  DeployConfig,
  ImageConfig,
} from './config.js';
import type { Places } from './places.js';
import {
  ADD_MISSING_DEFAULT,
  AUTO_MERGE_DEFAULT,
  MODE_DEFAULT,
  PIN_DEFAULT,
  type WrittenDeployTarget,
} from './schema-deploy.js';
import { deployProblems } from './deploy-problems.js';
import { NO_CACHE_DEFAULT, type WrittenImage } from './schema-image.js';
import { readSecrets } from './schema-secrets.js';
import { DEFAULTS, type WrittenConfig } from './schema.js';

/** Fills in defaults and expands short forms; lists what only the whole can tell to be wrong. */
export function expandConfig(
  written: WrittenConfig,
  places: Places,
  origin: string,
): { config: Config; problems: Problem[] } {
  const config: Config = {
    origin,
    ...(written.registry !== undefined && { registry: written.registry.replace(/\/$/, '') }),
    images: Object.entries(written.images).map(([key, image]) => expandImage(key, image ?? {}, places)),
    tags: readLines(written.tags),
    flavor: readLines(written.flavor),
    cache: readCache(written.cache),
    attest: readAttest(written.attest),
    deploy: readDeploy(written.deploy),
    builder: readBuilder(written.builder),
    place: (path) => places.place(path),
  };
  return { config, problems: [...dockerfilesOutside(config), ...deployProblems(config, written.deploy)] };
}

function expandImage(key: string, written: WrittenImage, places: Places): ImageConfig {
  const context = cleanPath(written.context ?? key);
  const values = (name: 'args' | 'labels' | 'annotations') =>
    readNameValues(written[name], (item) => places.spelling(['images', key, name, item]));
  const tags = readLines(written.tags);
  return {
    key,
    context,
    dockerfile: posix.join(context, written.dockerfile ?? 'Dockerfile'),
    ...(written.target !== undefined && { target: written.target }),
    ...(written.image !== undefined && { image: written.image }),
    args: values('args'),
    secrets: readSecrets(written.secrets ?? []),
    platforms: [...new Set(readCommaList(written.platforms))],
    contexts: Object.fromEntries(
      Object.entries(written.contexts ?? {}).map(([name, source]) => [
        name,
        /^(?:[a-z-]+:\/\/|git@)/.test(source) ? source : cleanPath(source),
      ]),
    ),
    labels: values('labels'),
    annotations: values('annotations'),
    noCache: written['no-cache'] ?? NO_CACHE_DEFAULT,
    ...(tags.length > 0 && { tags }),
  };
}

function cleanPath(path: string): string {
  const clean = posix.normalize(path).replace(/\/$/, '');
  return clean === '' ? '.' : clean;
}

/** `spelling` keeps what YAML would lose of a number: `1.10`, `007`, more digits than a double has. */
function readNameValues(
  written: WrittenImage['args'],
  spelling: (name: string) => string | undefined,
): Record<string, string> {
  const entries = Array.isArray(written)
    ? written.map((item): [string, string] => {
        const end = item.indexOf('=');
        return [item.slice(0, end), item.slice(end + 1)];
      })
    : Object.entries(written ?? {}).map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : (spelling(name) ?? String(value)),
      ]);
  return Object.fromEntries(entries);
}

function readLines(written: string | string[] | undefined): string[] {
  const items = typeof written === 'string' ? written.split('\n') : (written ?? []);
  return items.map((item) => item.trim()).filter((item) => item !== '' && !item.startsWith('#'));
}

function readCommaList(written: string | string[] | undefined): string[] {
  return typeof written === 'string' ? written.split(',').map((item) => item.trim()) : (written ?? []);
}

function readCache(written: WrittenConfig['cache'] = DEFAULTS.cache): CacheConfig {
  if (typeof written === 'object') return written;
  if (typeof written === 'boolean') return { type: written ? 'auto' : 'none' };
  return { type: written };
}

function readAttest(written: WrittenConfig['attest'] = {}): AttestConfig {
  if (typeof written !== 'object') return { provenance: 'off', sbom: 'off' };
  const { provenance = DEFAULTS.provenance, sbom = DEFAULTS.sbom, scanner } = written;
  return {
    provenance: typeof provenance === 'boolean' ? (provenance ? 'auto' : 'off') : provenance,
    sbom: typeof sbom === 'boolean' ? (sbom ? 'on' : 'off') : sbom,
    ...(scanner !== undefined && { scanner }),
  };
}

function readDeploy(written: WrittenConfig['deploy'] = []): DeployConfig[] {
  return (Array.isArray(written) ? written : [written]).map((target) =>
    expandDeployTarget(typeof target === 'string' ? { kustomization: target } : target),
  );
}

function expandDeployTarget(written: WrittenDeployTarget): DeployConfig {
  return {
    kustomization: cleanPath(written.kustomization),
    ...(written.images !== undefined && { images: [...new Set(readCommaList(written.images))] }),
    ...(written.branch !== undefined && { branch: written.branch }),
    ...(written.repository !== undefined && { repository: written.repository }),
    ...(written.channel !== undefined && { channel: written.channel }),
    mode: readMode(written),
    pin: written.pin ?? PIN_DEFAULT,
    missing: (written['add-missing'] ?? ADD_MISSING_DEFAULT) ? 'add' : 'refuse',
    ...(written.message !== undefined && { message: written.message.trim() }),
  };
}

function readMode(written: WrittenDeployTarget): DeployConfig['mode'] {
  if ((written.mode ?? MODE_DEFAULT) === 'commit') return 'commit';
  const merge = written['auto-merge'] ?? AUTO_MERGE_DEFAULT;
  return {
    labels: [...new Set(readCommaList(written.labels))],
    ...(merge !== false && { autoMerge: merge === true ? 'squash' : merge }),
  };
}

function readBuilder(written: WrittenConfig['builder'] = DEFAULTS.builder): BuilderChoice {
  return typeof written === 'string' ? { type: written } : written;
}

function dockerfilesOutside(config: Config): Problem[] {
  return config.images
    .filter(({ dockerfile }) => dockerfile.startsWith('../'))
    .map(({ key, context, dockerfile }) => ({
      code: 'config/invalid',
      severity: 'error',
      image: key,
      place: config.place(`images.${key}.dockerfile`),
      message: `The Dockerfile of image ${key} lies outside the repository: ${dockerfile}, seen from its root.`,
      fix: `\`dockerfile\` is relative to the context, which is ${context}; correct the path, or move the file into the repository.`,
    }));
}
