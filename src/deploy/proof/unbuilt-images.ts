import { parseAllDocuments, parseDocument } from 'yaml';
import { textOf, resolvePath, type Closure, type KnownFiles, type Need } from './closure.js';
import { applyRule } from '../kustomization/image-reference.js';
import { fieldOf, isInline, type KustomizationFile } from './kustomization-file.js';

type Resource = Record<string, unknown>;

interface Walk {
  known: KnownFiles;
  gaps: Need[];
  /** The Kustomizations that are being followed: a circle ends there. */
  path: string[];
}

/**
 * The images of a Kustomization without a build: those of its resources and patches, with the entries of `images`
 * applied on the way up. Patches aren't merged, so an image that one replaces is listed as well. `gaps`: what
 * may bring or change an image and isn't followed.
 */
export function readUnbuiltImages(known: KnownFiles, closure: Closure): { images: ImageUse[]; gaps: Need[] } {
  const gaps: Need[] = [...closure.needs];
  const resources: Resource[] = [];
  const start = known.kustomization(closure.start);
  if (start) follow({ known, gaps, path: [] }, start, resources);
  else gaps.push({ what: 'its content', path: closure.start });
  return { images: resources.flatMap(imagesOf), gaps };
}

/** Adds the resources of a Kustomization to `resources`, and applies its entries to all of them. */
function follow(walk: Walk, file: KustomizationFile, resources: Resource[]): void {
  if (walk.path.includes(file.path)) return;
  const inner = { ...walk, path: [...walk.path, file.path] };
  const { paths, files } = walk.known;
  const textAt = (text: string) => {
    const found = resolvePath(paths, files, file.folder, text);
    return found.status === 'file' ? textOf(files.get(found.path)) : undefined;
  };
  const kustomizationsAt = (text: string) => {
    const found = resolvePath(paths, files, file.folder, text);
    const inFolder = found.status === 'folder' ? paths.kustomizationsOf(found.path) : [];
    return inFolder.flatMap((path) => walk.known.kustomization(path) ?? []);
  };
  for (const { field, text, line } of file.references) {
    if (field !== 'resources' && field !== 'bases') continue;
    const bases = kustomizationsAt(text);
    for (const base of bases) {
      const own: Resource[] = [];
      follow(inner, base, own);
      resources.push(...own);
    }
    if (bases.length > 0) continue;
    const source = textAt(text);
    const documents = source === undefined ? undefined : readResources(source);
    if (documents) resources.push(...documents);
    else walk.gaps.push({ what: text, path: file.path, line });
  }
  for (const { field, text } of file.references) {
    if (field === 'components') for (const one of kustomizationsAt(text)) follow(inner, one, resources);
  }
  for (const patch of patchesOf(file, textAt)) {
    const documents = readResources(patch);
    if (documents) resources.push(...documents);
    else if (/image/i.test(patch)) walk.gaps.push({ what: 'a patch of an image', path: file.path });
  }
  for (const field of ['transformers', 'generators', 'configurations', 'replacements']) {
    const list = file.fields[field];
    if (!Array.isArray(list) || list.length === 0) continue;
    const referred = file.references.filter((reference) => reference.field === field);
    const texts = referred.map(({ text }) => textAt(text) ?? '');
    // Most replacements carry names and namespaces.
    if (field === 'replacements' && !/image/i.test(JSON.stringify(list) + texts.join())) continue;
    walk.gaps.push({ what: `its ${field}`, path: file.path });
  }
  for (const rule of file.images) {
    for (const resource of resources) mapImages(resource, (image) => applyRule(image, rule));
  }
}

const PATCH_FIELDS = ['patches', 'patchesstrategicmerge', 'patchesjson6902'];

function patchesOf(file: KustomizationFile, textAt: (path: string) => string | undefined): string[] {
  const inline = PATCH_FIELDS.flatMap((field) => {
    const list = file.fields[field];
    return Array.isArray(list) ? list.map((item: unknown) => (isMap(item) ? fieldOf(item, 'patch') : item)) : [];
  }).filter((text): text is string => typeof text === 'string' && isInline(text));
  const referred = file.references.filter(({ field }) => PATCH_FIELDS.includes(field));
  return [...inline, ...referred.flatMap(({ text }) => textAt(text) ?? [])];
}

/** The resources of a YAML text, lists taken apart; undefined if it can't be read, or is something else. */
export function readResources(yaml: string): Resource[] | undefined {
  const stream = parseAllDocuments(yaml, {
    ...{ merge: true, uniqueKeys: false, strict: false, logLevel: 'silent', prettyErrors: false },
  });
  if (!Array.isArray(stream)) return [];
  if (stream.some(({ errors }) => errors.length > 0)) return undefined;
  const values = stream.map((document) => (document.toJS({ maxAliasCount: -1 }) as unknown) ?? null);
  if (!values.every((value) => isMap(value) || value === null)) return undefined;
  return values.filter(isMap).flatMap(takeApart);
}

function takeApart(resource: Resource): Resource[] {
  const { kind, items } = resource;
  return String(kind).endsWith('List') && Array.isArray(items) ? items.filter(isMap).flatMap(takeApart) : [resource];
}

export interface ImageUse {
  image: string;
  /** `Deployment api`, with its namespace if it names one. */
  resource: string;
  /** `other`: some field for an image, which an entry reaches only if `configurations` names it. */
  field: 'container' | 'other';
}

/** The images in the output of `kustomize build`. */
export function readImages(output: string): ImageUse[] {
  return output
    .split(/^---\n/m)
    .filter(mayHaveImages)
    .flatMap((text) => {
      const document = parseDocument(text, { strict: false, uniqueKeys: false, logLevel: 'silent' });
      return document.errors.length > 0 ? [] : imagesOf(document.toJS({ maxAliasCount: -1 }));
    });
}

/** Most of a large output is definitions and data: reading these would take longer than building them. */
function mayHaveImages(text: string): boolean {
  return /image|\breference:/i.test(text) && !/^kind: CustomResourceDefinition$/m.test(text);
}

export function imagesOf(resource: unknown): ImageUse[] {
  if (fieldOf(resource, 'kind') === 'CustomResourceDefinition') return [];
  const name = nameOf(resource);
  const uses = new Map<string, ImageUse>();
  eachImage(resource, (image, field) => {
    if (field === 'container' || !uses.has(image)) uses.set(image, { image, resource: name, field });
    return image;
  });
  return [...uses.values()];
}

/** Replaces the images of containers, as an entry of `images` does. */
function mapImages(resource: unknown, change: (image: string) => string): void {
  eachImage(resource, (image, field) => (field === 'container' ? change(image) : image));
}

const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers'];

/** Goes through images of containers and image volumes, and other texts under a key that speaks of an image. */
function eachImage(
  node: unknown,
  visit: (image: string, field: ImageUse['field']) => string,
  parent = '',
  list = '',
): void {
  if (Array.isArray(node)) {
    for (const item of node) eachImage(item, visit, '', parent);
    return;
  }
  if (!isMap(node)) return;
  for (const [key, value] of Object.entries(node)) {
    if (typeof value !== 'string') eachImage(value, visit, key, list);
    else if (key === 'image' && parent === '' && CONTAINERS.includes(list)) node[key] = visit(value, 'container');
    else if (key === 'reference' && parent === 'image' && list === 'volumes') node[key] = visit(value, 'container');
    else if (/image/i.test(key)) visit(value, 'other');
  }
}

function nameOf(resource: unknown): string {
  const metadata = fieldOf(resource, 'metadata');
  const namespace = fieldOf(metadata, 'namespace');
  const where = typeof namespace === 'string' ? ` (namespace ${namespace})` : '';
  return `${String(fieldOf(resource, 'kind'))} ${String(fieldOf(metadata, 'name'))}${where}`;
}

export function isMap(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}
