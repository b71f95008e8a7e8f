import { posix } from 'node:path';
import type { Problem } from '../lib/errors.js';
import { baseProblems } from './image-bases.js';
import type {
  AttestConfig,
  BakeSource,
  BuilderChoice,
  CacheConfig,
  CacheMounts,
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
    images: Object.entries(written.images ?? {}).map(([key, image]) => expandImage(key, image ?? {}, places)),
    ...(written.bake !== undefined && { bake: readBake(written.bake) }),
    tags: readLines(written.tags),
    flavor: readLines(written.flavor),
    cache: readCache(written.cache),
    cacheMounts: readCacheMounts(written.cache),
    attest: readAttest(written.attest),
    unchanged: (written['skip-unchanged'] ?? DEFAULTS.skipUnchanged) ? 'reuse' : 'rebuild',
    ...(written['max-age'] !== undefined && { maxAge: readSpan(written['max-age']) }),
    deploy: readDeploy(written.deploy),
    builder: readBuilder(written.builder),
    place: (path) => places.place(path),
  };
  const problems = [
    ...noImages(config),
    ...dockerfilesOutside(config),
    ...baseProblems(config),
    ...deployProblems(config, written.deploy),
  ];
  return { config, problems };
}

function expandImage(key: string, written: WrittenImage, places: Places): ImageConfig {
  const context = cleanPath(written.context ?? key);
  const values = (name: 'args' | 'labels' | 'annotations') =>
    readNameValues(written[name], (item) => places.spelling(['images', key, name, item]));
  const tags = readLines(written.tags);
  const paths = readLines(written.paths);
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
        /^(?:[a-z-]+:\/\/|git@|image:)/.test(source) ? source : cleanPath(source),
      ]),
    ),
    labels: values('labels'),
    annotations: values('annotations'),
    noCache: written['no-cache'] ?? NO_CACHE_DEFAULT,
    ...(paths.length > 0 && { paths }),
    extra: {},
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

function readBake(written: NonNullable<WrittenConfig['bake']>): BakeSource {
  const { file, targets } = typeof written === 'string' ? { file: written, targets: [] } : written;
  return {
    files: (Array.isArray(file) ? file : [file]).map(cleanPath),
    targets: [...new Set(readCommaList(targets))],
  };
}

function readCache(written: WrittenConfig['cache'] = DEFAULTS.cache): CacheConfig {
  if (typeof written === 'boolean') return { type: written ? 'auto' : 'none' };
  if (typeof written !== 'object') return { type: written };
  const { type = DEFAULTS.cache, ref } = written;
  return type === 'registry' && ref !== undefined ? { type, ref } : { type };
}

function readCacheMounts(written: WrittenConfig['cache']): CacheMounts | 'off' {
  const settings = typeof written === 'object' ? written : {};
  const { mounts = DEFAULTS.mounts, 'mounts-max-size': size = DEFAULTS.mountsMaxSize } = settings;
  return mounts ? { maxSize: readSize(size) } : 'off';
}

const UNITS = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 } as const;
const SECONDS = { m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

function readSize(text: string): number {
  return Number(text.slice(0, -1)) * UNITS[text.slice(-1) as keyof typeof UNITS];
}

function readSpan(text: string): number {
  return Number(text.slice(0, -1)) * SECONDS[text.slice(-1) as keyof typeof SECONDS];
}

function readAttest(written: WrittenConfig['attest'] = {}): AttestConfig {
  if (typeof written !== 'object') return { provenance: 'off', sbom: 'off', sign: 'off' };
  const { provenance = DEFAULTS.provenance, sbom = DEFAULTS.sbom, scanner, sign = DEFAULTS.sign } = written;
  return {
    provenance: typeof provenance === 'boolean' ? (provenance ? 'auto' : 'off') : provenance,
    sbom: typeof sbom === 'boolean' ? (sbom ? 'on' : 'off') : sbom,
    ...(scanner !== undefined && { scanner }),
    sign,
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

function noImages({ origin, images, bake, place }: Config): Problem[] {
  if (images.length > 0 || bake !== undefined) return [];
  return [
    {
      code: 'config/invalid',
      severity: 'error',
      place: place(''),
      message: `${origin} names no image: it has neither \`images\` nor \`bake\`.`,
      fix: 'Begin with `images:` and below it one line per image, such as `  api: { context: api }`.',
    },
  ];
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
