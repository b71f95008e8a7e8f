import { parseDocument } from 'yaml';
import { fieldOf } from './kustomization-file.js';
import { type ImageField, imagesIn } from './image-fields.js';

/** An image in what is built, and whose it is. */
export interface ImageSighting {
  image: string;
  /** `Deployment api`, with its namespace where it names one. */
  resource: string;
}

/** The images in the output of `kustomize build`. */
export function readSightings(output: string, fields: readonly ImageField[] = []): ImageSighting[] {
  return output
    .split(/^---\n/m)
    .filter((text) => mayHoldImages(text, fields))
    .flatMap((text) => {
      const document = parseDocument(text, { strict: false, uniqueKeys: false, logLevel: 'silent' });
      return document.errors.length > 0 ? [] : sightingsIn(document.toJS({ maxAliasCount: -1 }), fields);
    });
}

export function sightingsIn(resource: unknown, fields: readonly ImageField[] = []): ImageSighting[] {
  const name = nameOf(resource);
  return imagesIn(resource, fields).map((image) => ({ image, resource: name }));
}

/** Most of a large output is definitions and data: reading these would take longer than building them. */
function mayHoldImages(text: string, fields: readonly ImageField[]): boolean {
  if (/^kind: CustomResourceDefinition$/m.test(text)) return false;
  return /\b(?:image|reference):/.test(text) || fields.some(({ keys }) => text.includes(keys.at(-1) ?? ''));
}

function nameOf(resource: unknown): string {
  const metadata = fieldOf(resource, 'metadata');
  const namespace = fieldOf(metadata, 'namespace');
  const where = typeof namespace === 'string' ? ` (namespace ${namespace})` : '';
  return `${String(fieldOf(resource, 'kind'))} ${String(fieldOf(metadata, 'name'))}${where}`;
}
