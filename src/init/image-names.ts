import { posix } from 'node:path';
import { failure } from '../lib/errors.js';
import { hasHost } from '../plan/references.js';
import type { ImageMatch, KnownImage } from './image-matches.js';

export interface NamedImages {
  /** Prefix that most of them share. */
  registry: string;
  /** Full names by key. */
  names: Record<string, string>;
}

/**
 * Says under which names images are published: as today, else as the manifests name them, else below the registry.
 * @param wishes.registry what the command line gives
 * @param wishes.repository `owner/name` on GitHub
 * @param wishes.origin address of one that is elsewhere
 * @throws ReleaseError `scaffold/registry-unknown`
 */
export function nameImages(
  images: readonly KnownImage[],
  matches: readonly ImageMatch[],
  wishes: { registry?: string; fallback?: string; repository?: string; origin?: string },
): NamedImages {
  const given = wishes.registry?.replace(/\/+$/, '');
  const written = images.map(({ key, image }) => {
    const all = matches.filter((match) => match.key === key).map(({ shown }) => shown);
    // A placeholder in one environment is a whole name in another.
    const shown = all.find(hasHost) ?? all[0];
    return { key, name: wholeName(image, given) ?? wholeName(shown, given), word: shown ?? image ?? key };
  });
  const prefixes = written.flatMap(({ name }) => (name === undefined ? [] : [posix.dirname(name)]));
  const owner = wishes.repository?.split('/')[0]?.toLowerCase();
  const registry =
    mostCommon(prefixes) ??
    given ??
    wishes.fallback ??
    (owner === undefined ? undefined : `ghcr.io/${owner}`);
  if (registry === undefined) {
    throw failure({
      code: 'scaffold/registry-unknown',
      message: `Where the images are published is not known: no manifest names them with a registry, and ${wishes.origin === undefined ? 'there is no origin' : `the origin is ${wishes.origin}, which is not`} on GitHub.`,
      fix: `Name it: image-release init --registry ${registryBeside(wishes.origin)}.`,
    });
  }
  const prefix = prefixes.length === 0 ? registry : (given ?? registry);
  const names = Object.fromEntries(
    written.map(({ key, name, word }) => [key, name ?? `${prefix}/${posix.basename(word)}`]),
  );
  return {
    registry:
      prefixes.length === 0
        ? registry
        : (mostCommon(Object.values(names).map((name) => posix.dirname(name))) ?? registry),
    names,
  };
}

/**
 * A name with its registry. One word is a placeholder that a Kustomization fills in; `acme/api` is Docker Hub's, as for
 * every tool, unless another registry is asked for.
 */
function wholeName(image: string | undefined, registry: string | undefined): string | undefined {
  if (image === undefined) return undefined;
  if (hasHost(image)) return image;
  return image.includes('/') && registry === undefined ? `docker.io/${image}` : undefined;
}

/** What to try: GitLab has a registry for each project. */
function registryBeside(origin: string | undefined): string {
  const [, host, path] =
    /^(?:https|ssh):\/\/(?:[^@/]+@)?(gitlab\.com)\/(.+?)(?:\.git)?\/?$/.exec(origin ?? '') ?? [];
  return path === undefined ? 'ghcr.io/OWNER' : `registry.${host}/${path.toLowerCase()}`;
}

function mostCommon(words: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** What `image:` has to say beside `registry`; undefined where the key says it. */
export function writtenName(key: string, name: string, registry: string): string | undefined {
  const rest = name.startsWith(`${registry}/`) ? name.slice(registry.length + 1) : name;
  return rest === key ? undefined : rest;
}
