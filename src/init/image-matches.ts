import { isLoopback, isPrivate } from '../lib/loopback.js';
import { hasHost, splitImageName } from '../plan/references.js';
import type { ShownImage } from './kustomizations.js';

/** An image of the repository, as far as it can be recognised in manifests. */
export interface KnownImage {
  key: string;
  /** The name that it is published under today, where that is known. */
  image?: string;
  /** What else it is called: its folder, its service, the last part of its name. */
  words: readonly string[];
}

/** The image of a manifest that one of this repository is. */
export interface ImageMatch {
  key: string;
  /** As the manifests name it, without tag. */
  shown: string;
}

/**
 * Finds the images of a repository among those of its manifests: surest matches first, and each only once.
 * @param repository `owner/name`, whose name often stands before the image's
 */
export function matchImages(
  images: readonly KnownImage[],
  shows: readonly ShownImage[],
  repository: string | undefined,
): ImageMatch[] {
  const project = repository?.split('/').at(-1)?.toLowerCase();
  const pairs = images
    .flatMap((image) =>
      shows.map(({ image: shown, resource }) => ({
        key: image.key,
        shown,
        score: scoreOf(
          scoreOfName(image, shown, project),
          // Sidecars of others run beside it.
          mayBeOwn(shown, repository) ? scoreOfResource(image, resource, project) : 0,
        ),
      })),
    )
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const matches: ImageMatch[] = [];
  for (const { key, shown } of pairs)
    if (!matches.some((match) => match.key === key || match.shown === shown)) matches.push({ key, shown });
  const left = images.filter(({ key }) => !matches.some((match) => match.key === key));
  const [only, ...others] = new Set(
    shows
      .map(({ image }) => image)
      .filter((image) => !matches.some(({ shown }) => shown === image) && mayBeOwn(image, repository)),
  );
  if (left.length === 1 && only !== undefined && others.length === 0)
    matches.push({ key: left[0]!.key, shown: only });
  return matches;
}

/** What manifests run that may be of this repository, each name once. */
export function ownNames(shows: readonly ShownImage[], repository: string | undefined): string[] {
  return [...new Set(shows.map(({ image }) => image))].filter((image) => mayBeOwn(image, repository));
}

/** The surer of the two decides; of images whose names say as much, the one whose resource fits too. */
function scoreOf(ofName: number, ofResource: number): number {
  return Math.max(ofName, ofResource) + Math.min(ofName, ofResource) / 100;
}

function scoreOfName({ key, image, words }: KnownImage, shown: string, project: string | undefined): number {
  if (image !== undefined && isSameImage(image, shown)) return 100;
  if (isOfficial(shown)) return 0;
  const last = lastPart(shown);
  // `acme/billing/api` beside `acme/shop/api`: the folders tell them apart.
  if (shown.includes('/') && shown.split('/').slice(-2).join('-') === key) return 95;
  if (last === key) return 90;
  if (words.includes(last)) return 80;
  if (project !== undefined && (last === `${project}-${key}` || last === `${key}-${project}`)) return 75;
  if (compact(last) === compact(key)) return 70;
  return holdsPart(last, key) ? 60 : 0;
}

/** `Shop.Api` is `shopapi` where others write `shop-api`. */
function compact(name: string): string {
  return name.replace(/[-_.]/g, '');
}

/** What runs in `Deployment api` is the image `api`, whatever it is called. */
function scoreOfResource({ key }: KnownImage, resource: string, project: string | undefined): number {
  const name = resource.split(' ')[1] ?? '';
  if (name === key) return 50;
  if (project !== undefined && (name === `${project}-${key}` || name === `${key}-${project}`)) return 45;
  return holdsPart(name, key) ? 40 : 0;
}

/** `shop-api`, `shop_api` and `api-server` of `api`. */
function holdsPart(name: string, key: string): boolean {
  return ['-', '_'].some((sign) => name.endsWith(`${sign}${key}`) || name.startsWith(`${key}${sign}`));
}

/** Docker Hub's images have several spellings. */
export function isSameImage(one: string, other: string): boolean {
  const [a, b] = [splitImageName(one), splitImageName(other)];
  return a.host === b.host && a.repository === b.repository;
}

export function lastPart(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1);
}

/** Single words that everybody knows; any other one is a placeholder that a Kustomization fills in. */
const OFFICIAL =
  /^(?:alpine|bash|busybox|caddy|cassandra|consul|couchdb|debian|docker|elasticsearch|envoy|etcd|fluentd|golang|grafana|haproxy|httpd|influxdb|kafka|kong|mariadb|memcached|minio|mongo|mysql|nats|neo4j|nginx|node|openjdk|php|postgres|prometheus|python|rabbitmq|redis|registry|ruby|rust|solr|traefik|ubuntu|valkey|vault|zookeeper)$/;

function isOfficial(image: string): boolean {
  return OFFICIAL.test(image.replace(/^(?:docker\.io\/)?(?:library\/)?/, ''));
}

const HOSTS_OF_MANY =
  /^(?:docker\.io|quay\.io|ghcr\.io|gcr\.io|registry\.k8s\.io|k8s\.gcr\.io|mcr\.microsoft\.com|public\.ecr\.aws|registry\.gitlab\.com|docker\.elastic\.co|cgr\.dev|nvcr\.io)$/;

/** Whether an image can be one that this repository makes, by where it lies. */
export function mayBeOwn(image: string, repository: string | undefined): boolean {
  if (isOfficial(image)) return false;
  if (!hasHost(image) && !image.includes('/')) return true;
  const { host, repository: path } = splitImageName(image);
  if (isLoopback(host) || isPrivate(host)) return true;
  const owner = repository?.split('/')[0]?.toLowerCase();
  return HOSTS_OF_MANY.test(host) ? owner !== undefined && path.split('/').includes(owner) : true;
}
