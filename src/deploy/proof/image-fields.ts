import { parse } from 'yaml';
import type { TargetFile } from '../target.js';
import { applyRule, type ImageRule } from './image-reference.js';
import { fieldOf, type KustomizationFile } from './kustomization-file.js';
import { resolvePath } from './repository-paths.js';
import type { KnownFiles } from './closure.js';

/** Where an image stands beyond containers, by a `configurations` file: kustomize's FieldSpec. */
export interface ImageField {
  group?: string;
  version?: string;
  kind?: string;
  /** Keys from the root of the resource on; lists on the way are gone through. */
  keys: string[];
}

/** A place of an image in a resource. */
interface ImagePlace {
  image: string;
  /** Writes another one there. */
  set(image: string): void;
}

/** https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/konfig/builtinpluginconsts/images.go */
const STANDARD_FIELDS: ImageField[] = [
  'spec/containers/image',
  'spec/initContainers/image',
  'spec/volumes/image/reference',
  'spec/template/spec/containers/image',
  'spec/template/spec/initContainers/image',
  'spec/template/spec/volumes/image/reference',
].map((path) => ({ keys: path.split('/') }));

/** Reads the image fields that a Kustomization's own `configurations` add. */
export function readImageFields(known: KnownFiles, file: KustomizationFile): ImageField[] {
  return file.references
    .filter(({ field }) => field === 'configurations')
    .flatMap(({ text }) => {
      const found = resolvePath(known.paths, known.files, file.folder, text);
      const source: TargetFile | undefined =
        found.status === 'file' ? known.files.get(found.path) : undefined;
      return source ? parseImageFields(new TextDecoder().decode(source.bytes)) : [];
    });
}

/**
 * Applies an entry of `images` to a resource as kustomize does, in two passes: below any `containers` and
 * `initContainers`, then in the fields that its configuration lists (so that a suffix may come twice). It
 * leaves custom resource definitions alone.
 */
export function transformImages(resource: unknown, rule: ImageRule, fields: readonly ImageField[]): void {
  if (isDefinition(resource)) return;
  const passes = [
    () => containerPlaces(resource, ['containers', 'initContainers']),
    () => fieldPlaces(resource, [...STANDARD_FIELDS, ...fields]),
  ];
  for (const places of passes) for (const { image, set } of places()) set(applyRule(image, rule));
}

/** Every image of a resource, also those that kustomize never changes but that run all the same. */
export function imagesIn(resource: unknown, fields: readonly ImageField[] = []): string[] {
  if (isDefinition(resource)) return [];
  const places = [
    ...containerPlaces(resource, ['containers', 'initContainers', 'ephemeralContainers']),
    ...fieldPlaces(resource, [...STANDARD_FIELDS, ...fields]),
  ];
  return [...new Set(places.map(({ image }) => image))];
}

function isDefinition(resource: unknown): boolean {
  return fieldOf(resource, 'kind') === 'CustomResourceDefinition';
}

function parseImageFields(yaml: string): ImageField[] {
  try {
    const list = fieldOf(parse(yaml, { schema: 'failsafe', logLevel: 'silent' }), 'images');
    return (Array.isArray(list) ? list : []).flatMap((item: unknown): ImageField[] => {
      const [path, group, version, kind] = ['path', 'group', 'version', 'kind'].map((key) => {
        const value = fieldOf(item, key);
        return typeof value === 'string' && value !== '' ? value : undefined;
      });
      if (path === undefined) return [];
      const keys = path.split(/(?<!\\)\//).map((key) => key.replaceAll('\\/', '/').replace(/\[\]$/, ''));
      return [{ keys, group, version, kind }];
    });
  } catch {
    return [];
  }
}

function containerPlaces(node: unknown, keys: readonly string[]): ImagePlace[] {
  if (Array.isArray(node)) return node.flatMap((item) => containerPlaces(item, keys));
  if (!isMap(node)) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const inner = containerPlaces(value, keys);
    return keys.includes(key) && Array.isArray(value) ? [...inner, ...placesAt(value, ['image'])] : inner;
  });
}

function fieldPlaces(resource: unknown, fields: readonly ImageField[]): ImagePlace[] {
  const version = fieldOf(resource, 'apiVersion');
  const [group, number] = splitVersion(typeof version === 'string' ? version : '');
  const kind = fieldOf(resource, 'kind');
  return fields
    .filter(
      (field) =>
        (field.group ?? group) === group &&
        (field.version ?? number) === number &&
        (field.kind ?? kind) === kind,
    )
    .flatMap(({ keys }) => placesAt(resource, keys));
}

function placesAt(node: unknown, keys: readonly string[]): ImagePlace[] {
  if (Array.isArray(node)) return node.flatMap((item) => placesAt(item, keys));
  const [key, ...rest] = keys;
  if (!isMap(node) || key === undefined) return [];
  if (rest.length > 0) return placesAt(node[key], rest);
  const value = node[key];
  return typeof value === 'string' ? [{ image: value, set: (image) => void (node[key] = image) }] : [];
}

/** `apps/v1` is group `apps`, version `v1`; `v1` has no group. */
export function splitVersion(apiVersion: string): [group: string, version: string] {
  const slash = apiVersion.indexOf('/');
  return [apiVersion.slice(0, Math.max(slash, 0)), apiVersion.slice(slash + 1)];
}

export function isMap(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}
