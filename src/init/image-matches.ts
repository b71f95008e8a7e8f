import { lastPart } from '../deploy/kustomization/image-reference.js';
import { isLoopback, isPrivate } from '../lib/loopback.js';
import { hasHost, splitImageName } from '../plan/references.js';

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
  const [only, ...others] = ownNames(shows, repository).filter(
    (image) => !matches.some(({ shown }) => shown === image),
  );
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
