import type { Place } from '../../../lib/errors.js';
import type { FoundImage } from '../found.js';
import { bareRecipe, type Recipe } from '../recipe.js';
import { splitOutside } from './holes.js';
import type { Scenario } from './scenarios.js';

/** What docker/metadata-action was told, with what is known filled in. */
export interface Metadata {
  place: Place;
  /** Step, for what replaces it: `docker/metadata-action@v5 (meta)`. */
  what: string;
  images: string[];
  rules: string[];
  /** The same before anything was filled in; empty where the default rules count. */
  written: string[];
  flavor: string[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

type Settings = Recipe &
  Pick<FoundImage, 'place' | 'by' | 'key' | 'cache' | 'cacheRef' | 'provenance' | 'sbom'>;

/** One build of one event, as the old way does it; texts may have holes. */
export interface Build extends Settings {
  event: Scenario['event'];
  /** The example of that event: branch, tag or pull request. */
  ref: string;
  /** As after `-t`: repository, or repository and tag. */
  references: string[];
  metadata?: Metadata;
  /** `by-digest`: a later job puts the tags. */
  published: 'yes' | 'no' | 'by-digest';
}

export function newBuild(place: Place, by: string, { event, ref }: Pick<Scenario, 'event' | 'ref'>): Build {
  return {
    place,
    by,
    event,
    ref,
    references: [],
    published: 'no',
    ...bareRecipe('.', 'Dockerfile'),
  };
}

export interface TaggedName {
  repository: string;
  tag?: string;
}

/** Takes `host:5000/a/b:tag@digest` apart, holes in it or not. */
export function splitReference(reference: string): TaggedName {
  const [name = ''] = splitOutside(reference.trim(), /@/);
  const parts = splitOutside(name, /:/);
  const last = parts.at(-1)!;
  if (parts.length < 2 || splitOutside(last, /\//).length > 1) return { repository: name };
  return { repository: parts.slice(0, -1).join(':'), tag: last };
}

/** As the local store and a registry know it: without a tag it is the one called `latest`. */
export function fullReference(reference: string): string {
  const { repository, tag = 'latest' } = splitReference(reference);
  return `${repository}:${tag}`;
}
