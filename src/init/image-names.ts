import { posix } from 'node:path';
import { IMAGE_KEY, RESERVED_KEYS } from '../config/schema-forms.js';
import { lastPart } from '../deploy/kustomization/image-reference.js';
import { failure } from '../lib/errors.js';
import { isLoopback, isPrivate } from '../lib/loopback.js';
import { hasHost, splitImageName } from '../plan/references.js';
import type { Repository } from './found.js';

/** Folders that say where something is or how it is made, not what it is. */
const GENERIC =
  /^(?:\.|\.?docker(?:files?)?|containers?|images?|build|ci|deploy|src|app|apps|services?|packages?|packaging|cmd|projects?|infra|ops)$/i;
const FILE_NAME = /^(?:(.+)\.)?(?:dockerfile|containerfile)(?:\.(.+))?$/i;

/** `Dockerfile.prod` is a way to build something, not something. */
export const VARIANT =
  /^(?:prod|production|release|dist|dev|devel|development|local|debug|test|tests|testing|ci|e2e|alpine|debian|slim|distroless|multi|multiarch|arm|armhf|armv[67]|arm64|aarch64|amd64|x86_64|ppc64le|s390x|windows|gpu|cpu|cuda|final|new|old)$/i;
export const FOR_DEVELOPERS =
  /^(?:dev|devel|development|local|debug|ci|old|pr[-_].*|(?:.*[-_.])?(?:tests?|testing|e2e|fuzz)(?:[-_.].*)?)$/i;
export const FOR_PRODUCTION = /^(?:prod|production|release|final)$/i;

export function affixOf(path: string): string | undefined {
  const [, before, behind] = FILE_NAME.exec(posix.basename(path)) ?? [];
  return before ?? behind;
}

/** `api` for `Dockerfile.api` and `services/api/Dockerfile`; undefined for the one in the root or in `docker/`. */
export function keyFromPath(path: string): string | undefined {
  const affix = affixOf(path);
  if (affix !== undefined && !VARIANT.test(affix)) return asKey(affix);
  const folders = path.split('/').slice(0, -1);
  const folder = folders.findLast((each) => !GENERIC.test(each));
  return folder === undefined ? undefined : asKey(folder);
}

/** The nearest key to a word; undefined if nothing of it is left. */
export function asKey(word: string): string | undefined {
  const key = word
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '');
  const isValid = new RegExp(`^${IMAGE_KEY}$`).test(key) && !RESERVED_KEYS.some((each) => each === key);
  return isValid ? key : undefined;
}

/** Gives each item its own key: the first of its proposals that is free, else one with a number. */
export function assignKeys(proposals: readonly (readonly (string | undefined)[])[]): string[] {
  const wishes = proposals.map((each) => each.flatMap((word) => (word === undefined ? [] : (asKey(word) ?? []))));
  const firsts = wishes.map(([first]) => first);
  const taken = new Set<string>();
  return wishes.map((each, index) => {
    // If two want the same name, both get a longer one if they have one.
    const isShared = firsts.some((first, other) => other !== index && first === each[0]);
    const ordered = isShared ? [...each.slice(1), ...each.slice(0, 1)] : each;
    const numbered = wishes.map((_, number) => `${each[0] ?? 'image'}-${number + 2}`);
    const key = [...ordered, ...numbered].find((candidate) => !taken.has(candidate))!;
    taken.add(key);
    return key;
  });
}

/**
 * Gives the images their full names: those of today, else those in the manifests, else names below the registry.
 * @param wishes.registry of the command line
 * @returns names by key, and the prefix that most of them share
 * @throws ReleaseError `scaffold/registry-unknown`
 */
export function nameImages(
  images: readonly KnownImage[],
  matches: readonly ImageMatch[],
  wishes: { registry?: string; fallback?: string } & Pick<Repository, 'name' | 'origin'>,
) {
  const given = wishes.registry?.replace(/\/+$/, '');
  const written = images.map(({ key, image }) => {
    const all = matches.filter((match) => match.key === key).map(({ shown }) => shown);
    // One environment may have the full name of a placeholder in another.
    const shown = all.find(hasHost) ?? all[0];
    return { key, name: fullName(image, given) ?? fullName(shown, given), word: shown ?? image ?? key };
  });
  const prefixes = written.flatMap(({ name }) => (name === undefined ? [] : [posix.dirname(name)]));
  const owner = wishes.name?.split('/')[0]?.toLowerCase();
  const registry =
    mostCommon(prefixes) ?? given ?? wishes.fallback ?? (owner === undefined ? undefined : `ghcr.io/${owner}`);
  if (registry === undefined) {
    throw failure({
      code: 'scaffold/registry-unknown',
      message: `Can't tell where to publish the images: no manifest names them with a registry, and ${wishes.origin === undefined ? 'there is no origin' : `the origin ${wishes.origin} is not`} on GitHub.`,
      fix: 'Name the registry: image-release init --registry ghcr.io/OWNER.',
    });
  }
  const prefix = prefixes.length === 0 ? registry : (given ?? registry);
  const names = Object.fromEntries(
    written.map(({ key, name, word }) => [key, name ?? `${prefix}/${posix.basename(word)}`]),
  );
  return { registry: mostCommon(Object.values(names).map((name) => posix.dirname(name))) ?? registry, names };
}

/**
 * A name with its registry. One word is a placeholder that a Kustomization fills in; `acme/api` is Docker Hub's, as for
 * every tool, unless another registry is requested.
 */
function fullName(image: string | undefined, registry: string | undefined): string | undefined {
  if (image === undefined) return undefined;
  if (hasHost(image)) return image;
  return image.includes('/') && registry === undefined ? `docker.io/${image}` : undefined;
}

function mostCommon(words: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** An image of the repository, as far as it can be recognised in manifests. */
export interface KnownImage {
  key: string;
  /** The name that it is published under today. */
  image?: string;
  /** Its other names: its folder, its service, the last part of its name. */
  words: readonly string[];
}

/** An image in a manifest, and the resource that runs it (`Deployment api`). */
export interface ShownImage {
  image: string;
  resource: string;
}

/** An image of this repository, and its name in a manifest, without tag. */
export interface ImageMatch {
  key: string;
  shown: string;
}

/**
 * Finds the images of a repository among those of its manifests: the surest matches first, and each only once.
 * @param repository `owner/name`; its name is often the first part of the image's
 */
export function matchImages(images: readonly KnownImage[], shows: readonly ShownImage[], repository?: string) {
  const pairs = images
    .flatMap((known) =>
      shows.map((each) => ({ key: known.key, shown: each.image, score: scoreOf(known, each, repository) })),
    )
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const matches: ImageMatch[] = [];
  for (const { key, shown } of pairs)
    if (!matches.some((match) => match.key === key || match.shown === shown)) matches.push({ key, shown });
  const left = images.filter(({ key }) => !matches.some((match) => match.key === key));
  const taken = matches.map(({ shown }) => shown);
  const [only, ...others] = ownNames(shows, repository).filter((image) => !taken.includes(image));
  if (left.length === 1 && only !== undefined && others.length === 0) matches.push({ key: left[0]!.key, shown: only });
  return matches;
}

/** Names in manifests that may be of this repository, each once. */
export function ownNames(shows: readonly ShownImage[], repository: string | undefined): string[] {
  return [...new Set(shows.map(({ image }) => image))].filter((image) => mayBeOwn(image, repository));
}

/** How sure a match is: the published name, another name of the image, a part of its name, its resource. */
function scoreOf(
  { key, image, words }: KnownImage,
  { image: shown, resource }: ShownImage,
  repository?: string,
): number {
  const project = repository?.split('/').at(-1)?.toLowerCase() ?? '';
  if (image !== undefined && isSameImage(image, shown)) return 5;
  const last = lastPart(shown);
  // The folders tell `acme/billing/api` from `acme/shop/api`.
  if (shown.includes('/') && shown.split('/').slice(-2).join('-') === key) return 4;
  const names = [key, `${project}-${key}`, `${key}-${project}`];
  const isPart = ['-', '_'].some((sign) => last.endsWith(sign + key) || last.startsWith(key + sign));
  if (OFFICIAL.test(shown)) return 0;
  if (names.includes(last) || words.includes(last)) return 3;
  // Sidecars of others run in the same resource.
  return isPart ? 2 : mayBeOwn(shown, repository) && names.includes(resource.split(' ')[1] ?? '') ? 1 : 0;
}

/** Docker Hub's images have several spellings. */
export function isSameImage(one: string, other: string): boolean {
  const [a, b] = [splitImageName(one), splitImageName(other)];
  return a.host === b.host && a.repository === b.repository;
}

/** Well-known single words; any other single word is a placeholder that a Kustomization fills in. */
const OFFICIAL =
  /^(?:docker\.io\/)?(?:library\/)?(?:alpine|bash|busybox|caddy|cassandra|consul|couchdb|debian|docker|elasticsearch|envoy|etcd|fluentd|golang|grafana|haproxy|httpd|influxdb|kafka|kong|mariadb|memcached|minio|mongo|mysql|nats|neo4j|nginx|node|openjdk|php|postgres|prometheus|python|rabbitmq|redis|registry|ruby|rust|solr|traefik|ubuntu|valkey|vault|zookeeper)$/;

const HOSTS_OF_MANY =
  /^(?:docker\.io|quay\.io|ghcr\.io|gcr\.io|registry\.k8s\.io|k8s\.gcr\.io|mcr\.microsoft\.com|public\.ecr\.aws|registry\.gitlab\.com|docker\.elastic\.co|cgr\.dev|nvcr\.io)$/;

/** Whether this repository may build an image, by its registry and owner. */
export function mayBeOwn(image: string, repository: string | undefined): boolean {
  if (OFFICIAL.test(image)) return false;
  if (!hasHost(image) && !image.includes('/')) return true;
  const { host, repository: path } = splitImageName(image);
  if (isLoopback(host) || isPrivate(host)) return true;
  const owner = repository?.split('/')[0]?.toLowerCase();
  return HOSTS_OF_MANY.test(host) ? owner !== undefined && path.split('/').includes(owner) : true;
}
