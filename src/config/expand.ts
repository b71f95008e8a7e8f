import { posix } from 'node:path';
import type { Problem } from '../lib/errors.js';
import { checkConfig } from './check-config.js';
import type { AttestConfig, CacheConfig, Config, DeployConfig, ImageConfig, ImageOverride } from './config.js';
import type { Places } from './places.js';
import { readBuilderChoice } from './schema-builder.js';
import { DEPLOY_DEFAULTS, type WrittenDeployTarget } from './schema-deploy.js';
import { readCommaList, readLines, splitPair } from './schema-forms.js';
import { NO_CACHE_DEFAULT, readSecrets, type WrittenImage } from './schema-image.js';
import { DEFAULTS, SPAN, type WrittenConfig } from './schema.js';

/** Fills in defaults, expands short forms, and checks how settings fit together. */
export function expandConfig(
  written: WrittenConfig,
  places: Places,
  origin: string,
): { config: Config; problems: Problem[] } {
  const overrides = Object.fromEntries(
    Object.entries(written.images ?? {}).map(([key, image]) => [key, readImage(key, image ?? {}, places)]),
  );
  const { bake, deploy = [] } = written;
  const maxAge = written['max-age'];
  const config: Config = {
    origin,
    ...defined({ registry: written.registry?.replace(/\/$/, '') }),
    images: Object.entries(overrides).map(([key, own]) => completeImage(key, own)),
    ...(bake !== undefined && { bake: { ...readBake(bake), overrides } }),
    helpers: [],
    tags: readLines(written.tags),
    flavor: readLines(written.flavor),
    ...readCache(written.cache),
    attest: readAttest(written.attest),
    unchanged: (written['skip-unchanged'] ?? DEFAULTS.skipUnchanged) ? 'reuse' : 'rebuild',
    ...(maxAge !== undefined && { maxAge: readUnit(maxAge, SECONDS) }),
    deploy: (Array.isArray(deploy) ? deploy : [deploy]).map(readDeployTarget),
    builder: readBuilderChoice(written.builder ?? DEFAULTS.builder),
    place: (path) => places.place(path),
  };
  return { config, problems: checkConfig(config, written.deploy) };
}

const ELSEWHERE = /^(?:[a-z-]+:\/\/|git@|image:)/;

/** Only what the configuration sets, without defaults. */
function readImage(key: string, written: WrittenImage, places: Places): ImageOverride {
  const values = (name: 'args' | 'labels' | 'annotations') =>
    written[name] && readNameValues(written[name], (item) => places.spelling(['images', key, name, item]));
  const filled = (items: string[]) => (items.length > 0 ? items : undefined);
  const { context, dockerfile, target, image, secrets, platforms, contexts } = written;
  return defined({
    ...{ dockerfile, target, image },
    context: context === undefined ? undefined : cleanPath(context),
    args: values('args'),
    secrets: secrets && readSecrets(secrets),
    platforms: platforms === undefined ? undefined : [...new Set(readCommaList(platforms))],
    contexts:
      contexts &&
      Object.fromEntries(
        Object.entries(contexts).map(([name, source]) => [name, ELSEWHERE.test(source) ? source : cleanPath(source)]),
      ),
    labels: values('labels'),
    annotations: values('annotations'),
    noCache: written['no-cache'],
    paths: filled(readLines(written.paths)),
    tags: filled(readLines(written.tags)),
  });
}

/** Without the keys whose value is undefined. */
function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
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
    ? written.map(splitPair)
    : Object.entries(written ?? {}).map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : (spelling(name) ?? String(value)),
      ]);
  return Object.fromEntries(entries);
}

function readBake(written: NonNullable<WrittenConfig['bake']>) {
  const { file, targets } = typeof written === 'string' ? { file: written, targets: [] } : written;
  return {
    files: (Array.isArray(file) ? file : [file]).map(cleanPath),
    targets: [...new Set(readCommaList(targets))],
  };
}

function readCache(written: WrittenConfig['cache'] = {}): Pick<Config, 'cache' | 'cacheMounts'> {
  const settings = typeof written === 'object' ? written : { type: written === true ? 'auto' : written || 'none' };
  const { type = DEFAULTS.cache, ref } = settings as { type?: CacheConfig['type']; ref?: string };
  const { mounts = DEFAULTS.mounts, 'mounts-max-size': size = DEFAULTS.mountsMaxSize } =
    typeof written === 'object' ? written : {};
  return {
    cache: type === 'registry' && ref !== undefined ? { type, ref } : { type },
    cacheMounts: mounts ? { maxSize: readUnit(size, BYTES) } : 'off',
  };
}

const BYTES = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const SECONDS = { m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Seconds of a span such as `12h` or `7d`; undefined: it is none. */
export function readSpan(text: string): number | undefined {
  return SPAN.test(text) ? readUnit(text, SECONDS) : undefined;
}

/** The schema checks that the unit is one of them. */
function readUnit(text: string, units: Record<string, number>): number {
  return Number(text.slice(0, -1)) * units[text.slice(-1)]!;
}

function readAttest(written: WrittenConfig['attest'] = {}): AttestConfig {
  if (typeof written !== 'object') return { provenance: 'off', sbom: 'off', sign: 'off' };
  const { provenance = DEFAULTS.provenance, sbom = DEFAULTS.sbom, scanner, sign = DEFAULTS.sign } = written;
  return {
    provenance: typeof provenance === 'boolean' ? (provenance ? 'auto' : 'off') : provenance,
    sbom: typeof sbom === 'boolean' ? (sbom ? 'on' : 'off') : sbom,
    ...defined({ scanner }),
    sign,
  };
}

function readDeployTarget(target: string | WrittenDeployTarget): DeployConfig {
  const written = typeof target === 'string' ? { kustomization: target } : target;
  const { images, branch, repository, channel, pin = DEPLOY_DEFAULTS.pin, message } = written;
  const { 'add-missing': add = DEPLOY_DEFAULTS.addMissing } = written;
  return {
    kustomization: cleanPath(written.kustomization),
    ...defined({ branch, repository, channel }),
    ...(images !== undefined && { images: [...new Set(readCommaList(images))] }),
    ...(written.when === 'promoted' && { when: written.when }),
    mode: readMode(written),
    pin,
    missing: add === false ? 'refuse' : 'add',
    ...(typeof add === 'object' && { names: add }),
    ...defined({ message: message?.trim() }),
  };
}

function readMode(written: WrittenDeployTarget): DeployConfig['mode'] {
  if ((written.mode ?? DEPLOY_DEFAULTS.mode) === 'commit') return 'commit';
  const merge = written['auto-merge'] ?? DEPLOY_DEFAULTS.autoMerge;
  return {
    labels: [...new Set(readCommaList(written.labels))],
    ...(merge !== false && { autoMerge: merge === true ? 'squash' : merge }),
  };
}
