import { type Document, isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Place } from '../../lib/errors.js';
import { placeAt } from '../kustomization/text.js';

/** One document of a YAML file with Kubernetes resources. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  name: string;
  root: ManifestNode;
}

/** A value inside a manifest, and its place. Aliases are followed. */
export interface ManifestNode {
  /** A scalar as it is written, without quotes; undefined for maps and lists. */
  text?: string;
  place: Place;
  at(...keys: string[]): ManifestNode | undefined;
  items(): ManifestNode[];
}

/** All documents that can be read: a Helm template, for example, is no resource yet. */
export function readManifests(file: string, bytes: Uint8Array): Manifest[] {
  const text = new TextDecoder().decode(bytes);
  const parsed = parseAllDocuments(text, {
    ...{ schema: 'failsafe', uniqueKeys: false, strict: false, prettyErrors: false, logLevel: 'silent' },
  });
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((document) => {
    if (document.errors.length > 0 || !isMap(document.contents)) return [];
    const root = nodeIn(document, document.contents, (offset) => placeAt(file, text, offset));
    return {
      root,
      apiVersion: root.at('apiVersion')?.text ?? '',
      kind: root.at('kind')?.text ?? '',
      name: root.at('metadata', 'name')?.text ?? '',
    };
  });
}

function nodeIn(document: Document.Parsed, value: unknown, placeOf: (offset: number) => Place): ManifestNode {
  const resolved = isAlias(value) ? value.resolve(document) : value;
  const [offset = 0] = (value as { range?: [number] | null } | null)?.range ?? [];
  return {
    text: isScalar(resolved) ? String(resolved.value) : undefined,
    place: placeOf(offset),
    at(key, ...keys) {
      if (key === undefined) return this;
      const pair = isMap(resolved)
        ? resolved.items.find((item) => isScalar(item.key) && item.key.value === key)
        : undefined;
      return pair?.value ? nodeIn(document, pair.value, placeOf).at(...keys) : undefined;
    },
    items() {
      return isSeq(resolved) ? resolved.items.map((item) => nodeIn(document, item, placeOf)) : [];
    },
  };
}
