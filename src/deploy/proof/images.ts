import { parseDocument } from 'yaml';
import { fieldOf } from './kustomization-file.js';

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
export function mapImages(resource: unknown, change: (image: string) => string): void {
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
