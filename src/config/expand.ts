import { posix } from 'node:path';
import type { Problem } from '../lib/errors.js';
import { baseProblems } from './image-bases.js';
import type {
  AttestConfig,
  BakeSource,
  CacheConfig,
  CacheMounts,
  Config,
  DeployConfig,
  ImageConfig,
  ImageOverride,
} from './config.js';
import type { Places } from './places.js';
import {
  ADD_MISSING_DEFAULT,
  AUTO_MERGE_DEFAULT,
  MODE_DEFAULT,
  PIN_DEFAULT,
  type WrittenDeployTarget,
} from './schema-deploy.js';
import { deployProblems, unknownImages } from './deploy-problems.js';
import { NO_CACHE_DEFAULT, type WrittenImage } from './schema-image.js';
import { readSecrets } from './schema-secrets.js';
import { readBuilderChoice } from './read-builder.js';
import { readCommaList } from './schema-forms.js';
import { DEFAULTS, type WrittenConfig } from './schema.js';

/** Fills in defaults and expands short forms; lists what only the whole can tell to be wrong. */
export function expandConfig(
  written: WrittenConfig,
  places: Places,
  origin: string,
): { config: Config; problems: Problem[] } {
  const overrides = Object.fromEntries(
    Object.entries(written.images ?? {}).map(([key, image]) => [key, readImage(key, image ?? {}, places)]),
  );
  const config: Config = {
    origin,
    ...(written.registry !== undefined && { registry: written.registry.replace(/\/$/, '') }),
    images: Object.entries(overrides).map(([key, own]) => completeImage(key, own)),
    ...(written.bake !== undefined && { bake: { ...readBake(written.bake), overrides } }),
    helpers: [],
    tags: readLines(written.tags),
    flavor: readLines(written.flavor),
    cache: readCache(written.cache),
    cacheMounts: readCacheMounts(written.cache),
    attest: readAttest(written.attest),
    unchanged: (written['skip-unchanged'] ?? DEFAULTS.skipUnchanged) ? 'reuse' : 'rebuild',
    ...(written['max-age'] !== undefined && { maxAge: readSpan(written['max-age']) }),
    deploy: readDeploy(written.deploy),
    builder: readBuilderChoice(written.builder ?? DEFAULTS.builder),
    place: (path) => places.place(path),
  };
  const problems = [
    ...noImages(config),
    ...deployProblems(config, written.deploy),
    // With a bake file all images are known only when that has been read.
    ...(config.bake === undefined ? imageProblems(config) : []),
  ];
  return { config, problems };
}

/** What is wrong with the images as a whole, all of them being known. */
export function imageProblems(config: Config): Problem[] {
  return [...dockerfilesOutside(config), ...baseProblems(config), ...unknownImages(config)];
}

/** What is written of an image. */
function readImage(key: string, written: WrittenImage, places: Places): ImageOverride {
  const values = (name: 'args' | 'labels' | 'annotations') =>
    readNameValues(written[name], (item) => places.spelling(['images', key, name, item]));
  const tags = readLines(written.tags);
  const paths = readLines(written.paths);
  return {
    ...(written.context !== undefined && { context: cleanPath(written.context) }),
    ...(written.dockerfile !== undefined && { dockerfile: written.dockerfile }),
    ...(written.target !== undefined && { target: written.target }),
    ...(written.image !== undefined && { image: written.image }),
    ...(written.args !== undefined && { args: values('args') }),
    ...(written.secrets !== undefined && { secrets: readSecrets(written.secrets) }),
    ...(written.platforms !== undefined && { platforms: [...new Set(readCommaList(written.platforms))] }),
    ...(written.contexts !== undefined && {
      contexts: Object.fromEntries(
        Object.entries(written.contexts).map(([name, source]) => [
          name,
          /^(?:[a-z-]+:\/\/|git@|image:)/.test(source) ? source : cleanPath(source),
        ]),
      ),
    }),
    ...(written.labels !== undefined && { labels: values('labels') }),
    ...(written.annotations !== undefined && { annotations: values('annotations') }),
    ...(written['no-cache'] !== undefined && { noCache: written['no-cache'] }),
    ...(paths.length > 0 && { paths }),
    ...(tags.length > 0 && { tags }),
  };
}

function completeImage(key: string, own: ImageOverride): ImageConfig {
  const context = own.context ?? key;
  return {
    key,
    args: {},
    secrets: [],
    platforms: [],
    contexts: {},
    labels: {},
    annotations: {},
    noCache: NO_CACHE_DEFAULT,
    extra: {},
    ...own,
    context,
    dockerfile: posix.join(context, own.dockerfile ?? 'Dockerfile'),
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

function readBake(written: NonNullable<WrittenConfig['bake']>): Omit<BakeSource, 'overrides'> {
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
    ...(typeof written['add-missing'] === 'object' && { names: written['add-missing'] }),
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
