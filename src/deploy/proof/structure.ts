import type { Closure, KnownFiles, Need } from './closure.js';
import { type ImageField, isMap, readImageFields, transformImages } from './image-fields.js';
import { fieldOf, isInline, type KustomizationFile } from './kustomization-file.js';
import { applyOperations, mergePatch, readPatch } from './patches.js';
import { resolvePath } from './repository-paths.js';
import {
  namesakes,
  readDocuments,
  type Resource,
  resourcesOf,
  type Selector,
  selectResources,
} from './resource.js';
import { type ImageSighting, sightingsIn } from './sightings.js';

/** What is on its way up: https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/accumulator */
interface Accumulated {
  resources: Resource[];
  /** Image fields that `configurations` added so far. */
  fields: ImageField[];
}

/**
 * The images that come out of a Kustomization, by following its files as kustomize does: bases first, then
 * components, patches and images. Pure. `gaps`: what may change the result and could not be followed.
 */
export function readStructure(
  known: KnownFiles,
  closure: Closure,
): { sightings: ImageSighting[]; gaps: Need[] } {
  const gaps: Need[] = [...closure.needs];
  const start = known.kustomization(closure.start);
  const total: Accumulated = { resources: [], fields: [] };
  if (start) accumulate({ known, gaps, path: [] }, start, total);
  else gaps.push({ what: 'what it says', path: closure.start });
  const sightings = total.resources
    .filter(({ data }) => fieldOf(fieldOf(data.metadata, 'annotations'), LOCAL) === undefined)
    .flatMap(({ data }) => sightingsIn(data, total.fields));
  return { sightings, gaps };
}

const LOCAL = 'config.kubernetes.io/local-config';

interface Walk {
  known: KnownFiles;
  gaps: Need[];
  /** The Kustomizations that are being followed: a circle is an error of theirs. */
  path: string[];
}

/** Adds what a Kustomization brings, and applies to all that is there what it changes. */
function accumulate(walk: Walk, file: KustomizationFile, total: Accumulated): void {
  if (walk.path.includes(file.path)) return;
  const inner = { ...walk, path: [...walk.path, file.path] };
  const ofField = (...fields: string[]) => file.references.filter(({ field }) => fields.includes(field));
  for (const { text, line } of [...ofField('resources'), ...ofField('bases')]) {
    addResource(inner, file, total, { text, line });
  }
  total.fields.push(...readImageFields(walk.known, file));
  for (const { text } of ofField('components')) {
    for (const component of kustomizationsAt(walk, file, text)) accumulate(inner, component, total);
  }
  noteGaps(walk, file);
  applyMerges(walk, file, total);
  applyPatches(walk, file, total, 'patches');
  rename(file, total);
  applyPatches(walk, file, total, 'patchesjson6902');
  for (const rule of file.images) {
    for (const { data } of total.resources) transformImages(data, rule, total.fields);
  }
}

function addResource(
  walk: Walk,
  file: KustomizationFile,
  total: Accumulated,
  { text, line }: { text: string; line: number },
): void {
  const found = resolvePath(walk.known.paths, walk.known.files, file.folder, text);
  if (found.status === 'folder') {
    for (const base of kustomizationsAt(walk, file, text)) {
      const own: Accumulated = { resources: [], fields: [] };
      accumulate(walk, base, own);
      total.resources.push(...own.resources);
      total.fields.push(...own.fields);
    }
    return;
  }
  const source = found.status === 'file' ? textAt(walk, found.path) : undefined;
  const documents = source === undefined ? undefined : readDocuments(source);
  if (documents) total.resources.push(...resourcesOf(documents));
  else walk.gaps.push({ what: text, path: file.path, line });
}

function kustomizationsAt(walk: Walk, file: KustomizationFile, text: string): KustomizationFile[] {
  const found = resolvePath(walk.known.paths, walk.known.files, file.folder, text);
  if (found.status !== 'folder') return [];
  return walk.known.paths
    .kustomizationsOf(found.path)
    .flatMap((path) => walk.known.kustomization(path) ?? []);
}

/** What may write images in ways that are not followed here. */
function noteGaps({ known, gaps }: Walk, file: KustomizationFile): void {
  for (const field of ['transformers', 'generators', 'replacements']) {
    const list = file.fields[field];
    if (!Array.isArray(list) || list.length === 0) continue;
    const texts = file.references
      .filter((reference) => reference.field === field)
      .flatMap(({ text }) => {
        const found = resolvePath(known.paths, known.files, file.folder, text);
        return found.status === 'file' ? (textAt({ known }, found.path) ?? '') : '';
      });
    // Most replacements carry names and namespaces.
    if (field === 'replacements' && !/image/i.test(JSON.stringify(list) + texts.join())) continue;
    gaps.push({ what: `its ${field}`, path: file.path });
  }
}

function applyMerges(walk: Walk, file: KustomizationFile, total: Accumulated): void {
  for (const text of listOf(file, 'patchesstrategicmerge')) {
    if (typeof text !== 'string') continue;
    applyPatch(walk, file, total, isInline(text) ? { patch: text } : { path: text });
  }
}

function applyPatches(
  walk: Walk,
  file: KustomizationFile,
  total: Accumulated,
  field: 'patches' | 'patchesjson6902',
): void {
  for (const entry of listOf(file, field)) {
    const [path, patch, target] = ['path', 'patch', 'target'].map((key) => fieldOf(entry, key));
    applyPatch(walk, file, total, {
      ...(typeof path === 'string' && { path }),
      ...(typeof patch === 'string' && { patch }),
      ...(isMap(target) && { target: readSelector(target) }),
    });
  }
}

function applyPatch(
  { known, gaps }: Walk,
  file: KustomizationFile,
  total: Accumulated,
  { path, patch, target }: { path?: string; patch?: string; target?: Selector },
): void {
  const found = path === undefined ? undefined : resolvePath(known.paths, known.files, file.folder, path);
  const text = found?.status === 'file' ? textAt({ known }, found.path) : patch;
  const parsed = readPatch(text ?? ':');
  const gap = (what: string) => gaps.push({ what, path: file.path });
  const name = path ?? 'a patch';
  if (parsed.type === 'unreadable') return void gap(name);
  const selected = target && selectResources(total.resources, target);
  if (parsed.type === 'operations') {
    if (!selected) gap(`${name}, which has no target`);
    for (const { data } of selected ?? []) {
      const trouble = applyOperations(data, parsed.operations);
      if (trouble !== undefined) gap(`${name}: ${trouble}`);
    }
    return;
  }
  for (const document of parsed.documents) {
    const meant = selected ?? namesakes(total.resources, document);
    if (!selected && meant.length !== 1) gap(`${name}, which patches ${meant.length} resources`);
    for (const resource of meant) {
      const merged = mergePatch(resource.data, document);
      if (merged) resource.data = merged;
      else total.resources.splice(total.resources.indexOf(resource), 1);
    }
  }
}

/** What later patches may look for: names, namespaces and labels. */
function rename(file: KustomizationFile, { resources }: Accumulated): void {
  const { namespace, nameprefix: prefix = '', namesuffix: suffix = '' } = file.fields;
  const labels = [
    file.fields.commonlabels,
    ...listOf(file, 'labels').map((entry) => fieldOf(entry, 'pairs')),
  ];
  for (const resource of resources) {
    const { data, names, namespaces } = resource;
    if (typeof namespace === 'string' && namespace !== '') namespaces.push(namespace);
    if (prefix !== '' || suffix !== '') names.push(`${String(prefix)}${names.at(-1)}${String(suffix)}`);
    const own: Record<string, unknown> = isMap(data.metadata) ? data.metadata : {};
    data.metadata = own;
    addTo(own, 'labels', labels);
    addTo(own, 'annotations', [file.fields.commonannotations]);
    own.name = names.at(-1);
    if (namespaces.length > 1) own.namespace = namespaces.at(-1);
  }
}

function addTo(metadata: Record<string, unknown>, key: string, maps: readonly unknown[]): void {
  const added = maps.filter(isMap);
  if (added.length === 0) return;
  metadata[key] = Object.assign({}, isMap(metadata[key]) ? metadata[key] : {}, ...added);
}

function readSelector(target: Record<string, unknown>): Selector {
  const parts = ['group', 'version', 'kind', 'name', 'namespace', 'labelSelector', 'annotationSelector'];
  return Object.fromEntries(
    parts.flatMap((part) => {
      const value = fieldOf(target, part);
      return typeof value === 'string' ? [[part, value]] : [];
    }),
  );
}

function listOf(file: KustomizationFile, field: string): unknown[] {
  const list = file.fields[field];
  return Array.isArray(list) ? list : [];
}

function textAt({ known }: Pick<Walk, 'known'>, path: string): string | undefined {
  const file = known.files.get(path);
  return file && file.mode !== '120000' ? new TextDecoder().decode(file.bytes) : undefined;
}
