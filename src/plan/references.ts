import type { Config } from '../config/config.js';
import { problem, type Place, type Problem } from '../lib/errors.js';

/** A parsed image reference; `name` is as written, `host` and `repository` as docker understands it. */
export interface ImageReference {
  /** Without tag and digest: `127.0.0.1:5001/a/b`, `acme/api`. */
  name: string;
  /** Registry host, `docker.io` for names without one. */
  host: string;
  /** Path on that registry: `acme/api`, `library/busybox`. */
  repository: string;
  tag?: string;
  /** `sha256:…` */
  digest?: string;
}

/** Names under which Docker Hub is written. */
export const DOCKER_HUB: readonly string[] = ['docker.io', 'index.docker.io', 'registry-1.docker.io'];

/** Longest repository path: https://github.com/distribution/reference (RepositoryNameTotalLengthMax). */
const MAX_NAME_LENGTH = 255;

/** The grammar of https://github.com/distribution/reference, part by part. */
export const HOST =
  /^(?:(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
const PART = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
export const PATH_PART = new RegExp(`^${PART}$`);
const REPOSITORY = new RegExp(`^${PART}(?:/${PART})*$`);
export const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/i;

/**
 * Parses `host:5001/a/b:tag@sha256:…` by the grammar of https://github.com/distribution/reference.
 * Undefined when it is no reference.
 */
export function parseReference(text: string): ImageReference | undefined {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const tagged = at < 0 ? text : text.slice(0, at);
  const colon = tagged.lastIndexOf(':');
  const hasTag = colon > tagged.lastIndexOf('/');
  const tag = hasTag ? tagged.slice(colon + 1) : undefined;
  const name = hasTag ? tagged.slice(0, colon) : tagged;

  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const { host, repository } = splitImageName(name);
  if (!HOST.test(host) || !REPOSITORY.test(repository) || repository.length > MAX_NAME_LENGTH) return undefined;
  return { name, host, repository, tag, digest };
}

/** `name:tag@digest` without the parts that are absent; with either of them it can be pulled. */
export function formatReference({ name, tag, digest }: Pick<ImageReference, 'name' | 'tag' | 'digest'>): string {
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Docker's rule for a first part that is a host: it contains a dot or a colon, or is `localhost`. */
export function hasHost(name: string): boolean {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  return /[.:]/.test(first) || first === 'localhost';
}

export interface ImageNameRequest {
  key: string;
  /** `registry` of the configuration: a prefix such as `ghcr.io/acme`. */
  registry?: string;
  /** `image` as written; undefined: the key. */
  image?: string;
  /** Owner of the GitHub repository, in any case. */
  owner?: string;
  /** The place of `image`, or of the key if there is none. */
  place?: Place;
}

/**
 * The full name of an image, always with its registry host and without tag.
 *
 * - with a host it stays as written;
 * - without a host it gets the prefix `registry`;
 * - without `registry`: one word gets `ghcr.io/<owner>`; `acme/api` is Docker Hub's, as for every docker tool.
 *
 * Only the owner is lower-cased for the user: GitHub names may have capitals, registries' may not. A name that the user
 * wrote is never changed silently.
 */
export function resolveImageName(request: ImageNameRequest): string | Problem {
  const { key, image: written = key, place } = request;
  const invalid = (message: string, fix?: string): Problem =>
    problem({ code: 'image/invalid-name', message, ...(fix && { fix }), place, image: key });

  const name = prefixed(request, written);
  if (name === undefined)
    return problem({
      code: 'image/no-registry',
      message: `Image ${key} has no registry: none is configured, and no GitHub owner is known for ghcr.io/<owner>.`,
      fix: `Set \`registry: HOST/OWNER\`, or \`image: HOST/OWNER/${written}\`.`,
      place,
      image: key,
    });
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name))
    return invalid(`${name} is a URL, not an image name.`, `Write ${name.replace(/^[^:]*:\/\//, '')}.`);
  if (/[A-Z]/.test(name))
    return invalid(
      `Image name ${name} has capitals, which no registry accepts.`,
      `Write ${(/[A-Z]/.test(written) ? written : name).toLowerCase()}.`,
    );
  const reference = parseReference(name);
  if (reference === undefined) return invalid(`${name} is not a valid image name.`);
  if (reference.tag !== undefined || reference.digest !== undefined)
    return invalid(
      `Image name ${name} contains a ${reference.digest === undefined ? 'tag' : 'digest'}; releases add their own.`,
      `Write ${reference.name}; \`tags\` sets the tags.`,
    );
  if (reference.host === 'docker.io' && reference.repository.startsWith('library/'))
    return invalid(`${name} would be one of Docker Hub's official images.`, 'Add the owner: docker.io/OWNER/NAME.');
  return `${reference.host}/${reference.repository}`;
}

function prefixed({ registry, owner }: ImageNameRequest, written: string): string | undefined {
  if (hasHost(written) || /:\/\//.test(written)) return written;
  const prefix = registry?.replace(/\/+$/, '');
  if (prefix) return `${prefix}/${written}`;
  if (written.includes('/')) return written;
  return owner ? `ghcr.io/${owner.toLowerCase()}/${written}` : undefined;
}

/** Host and repository of a name without tag, as docker understands it. */
export function splitImageName(name: string): { host: string; repository: string } {
  if (!hasHost(name)) {
    return { host: 'docker.io', repository: name.includes('/') ? name : `library/${name}` };
  }
  const slash = name.indexOf('/');
  const written = name.slice(0, slash);
  const host = DOCKER_HUB.includes(written) ? 'docker.io' : written;
  const path = name.slice(slash + 1);
  return { host, repository: host === 'docker.io' && !path.includes('/') ? `library/${path}` : path };
}

/** Host and repository as docker understands a name: `node` is `docker.io/library/node`. */
export function fullName(name: string): string {
  const { host, repository } = splitImageName(name);
  return `${host}/${repository}`;
}

/**
 * The one registry that a given username and password belong to: that of `registry`, else the only host that the images
 * name. Undefined if they name several: a password is never offered to a second host.
 */
export function loginHost({ registry, images }: Config): string | undefined {
  const hostOf = (name: string | undefined) => (name && hasHost(name) ? name.split('/')[0]! : 'ghcr.io');
  if (registry !== undefined) return hostOf(`${registry}/`);
  const hosts = new Set(images.map(({ image }) => hostOf(image)));
  return hosts.size > 1 ? undefined : ([...hosts][0] ?? 'ghcr.io');
}
