import { posix } from 'node:path';
import type { Place } from '../../lib/errors.js';
import { readYaml, type YamlValue } from '../../lib/yaml-value.js';

/** One image that a GitOps controller uses instead of the one in the Kustomization. */
export interface Override {
  /** The resource that sets it, as a subject: `the Argo CD Application acme`. */
  by: string;
  field: string;
  /** As it is written: `api:latest`. */
  written: string;
  place: Place;
  /** The image that is replaced: an entry's name, or the name in the manifests. */
  image: string;
  /** These decide whether it concerns a Kustomization; undefined if the resource doesn't name one. */
  folder: string;
  repository?: string;
  revision?: string;
  /** `possible` if it depends on something that the files don't contain. */
  effect: 'certain' | 'possible';
}

export function readOverrides(files: ReadonlyMap<string, Uint8Array>): Override[] {
  const read = [...files].map(([file, bytes]) => ({ file, manifests: readManifests(file, bytes) }));
  const all = read.flatMap(({ manifests }) => manifests);
  return [
    ...all.flatMap(argoOverrides),
    ...read.flatMap(({ file, manifests }) => argoParameterOverrides(file, manifests)),
    ...all.flatMap((manifest) => fluxOverrides(manifest, all)),
  ];
}

/**
 * The path to the spec of an Application, by kind.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/
 */
const SPECS: Record<string, string[]> = {
  Application: ['spec'],
  ApplicationSet: ['spec', 'template', 'spec'],
};

function argoOverrides({ apiVersion, kind, name, root }: Manifest): Override[] {
  const keys = apiVersion.startsWith('argoproj.io/') ? SPECS[kind] : undefined;
  const spec = keys && root.at(...keys);
  if (!keys || !spec) return [];
  // With `sources` Argo CD ignores `source`.
  const several = spec.at('sources')?.items() ?? [];
  const one = spec.at('source');
  const sources = several.length > 0 ? several : one ? [one] : [];
  return sources.flatMap((source) =>
    argoImages(source, {
      by: `the Argo CD ${kind} ${name}`,
      field: [...keys, several.length > 0 ? 'sources[]' : 'source', 'kustomize', 'images'].join('.'),
      folder: source.at('path')?.text ?? '',
      repository: source.at('repoURL')?.text,
      revision: source.at('targetRevision')?.text,
    }),
  );
}

/**
 * Parameters in a file next to a Kustomization, which Argo CD reads and its Image Updater writes:
 * https://argo-cd.readthedocs.io/en/stable/user-guide/parameters/#store-overrides-in-git
 */
function argoParameterOverrides(file: string, manifests: readonly Manifest[]): Override[] {
  const name = posix.basename(file);
  if (!/^\.argocd-source(?:-.+)?\.yaml$/.test(name)) return [];
  const folder = posix.dirname(file);
  const by = `the parameter file ${name} of Argo CD`;
  return manifests.flatMap(({ root }) => argoImages(root, { by, field: 'kustomize.images', folder }));
}

/**
 * Argo CD passes the list to `kustomize edit set image`: parts that an item leaves out are erased, and `*` keeps
 * them. https://github.com/argoproj/argo-cd/blob/master/util/kustomize/kustomize.go
 */
function argoImages(
  source: YamlValue,
  common: Pick<Override, 'by' | 'field' | 'folder' | 'repository' | 'revision'>,
): Override[] {
  const images = source.at('kustomize', 'images')?.items() ?? [];
  return images.flatMap(({ text: written, place }) => {
    if (written === undefined) return [];
    const equals = written.indexOf('=');
    const [, name = '', tag, digest] = /^(.*?)(?::([^:/@]*))?(?:@(.*))?$/s.exec(written.slice(equals + 1)) ?? [];
    if (tag === '*' || digest === '*') return [];
    const image = equals < 0 ? name : written.slice(0, equals);
    return { ...common, written, place, image, effect: 'certain' as const };
  });
}

/** https://fluxcd.io/flux/components/kustomize/kustomizations/#images */
function fluxOverrides(manifest: Manifest, manifests: readonly Manifest[]): Override[] {
  const { apiVersion, kind, name, root } = manifest;
  if (kind !== 'Kustomization' || !apiVersion.startsWith('kustomize.toolkit.fluxcd.io/')) return [];
  const source = fluxSource(manifest, manifests);
  const images = root.at('spec', 'images')?.items() ?? [];
  return images.flatMap((entry): Override | [] => {
    const image = entry.at('name');
    const [newName, newTag, digest] = ['newName', 'newTag', 'digest'].map((key) => entry.at(key)?.text);
    if (image?.text === undefined || (!newName && !newTag && !digest)) return [];
    const written = [newName && `=${newName}`, newTag && `:${newTag}`, digest && `@${digest}`];
    return {
      ...source,
      by: `the Flux Kustomization ${name}`,
      field: 'spec.images',
      written: `${image.text}${written.filter(Boolean).join('')}`,
      place: image.place,
      image: image.text,
      folder: root.at('spec', 'path')?.text ?? '',
      // Flux up to 2.8 dropped the tag if only the name was new, https://github.com/fluxcd/pkg/pull/1267
      effect: newTag || digest ? source.effect : 'possible',
    };
  });
}

/**
 * The source of a Flux resource's files. A GitRepository that is not among the manifests, or an artifact of another
 * kind, may still have these files; `flux-system` is by convention the repository that Flux was set up from.
 */
export function fluxSource(
  { root }: Manifest,
  manifests: readonly Manifest[],
): Pick<Override, 'repository' | 'revision' | 'effect'> {
  const reference = root.at('spec', 'sourceRef');
  const [kind, name] = [reference?.at('kind')?.text, reference?.at('name')?.text];
  const namespace = reference?.at('namespace')?.text ?? root.at('metadata', 'namespace')?.text;
  const repository = manifests.find((other) => {
    const own = other.root.at('metadata', 'namespace')?.text;
    return (
      other.apiVersion.startsWith('source.toolkit.fluxcd.io/') &&
      other.kind === kind &&
      other.name === name &&
      // A Kustomization around them may set it.
      (own === undefined || namespace === undefined || own === namespace)
    );
  });
  if (kind !== 'GitRepository') return { effect: 'possible' };
  if (!repository) return { effect: name === 'flux-system' ? 'certain' : 'possible' };
  const ref = repository.root.at('spec', 'ref');
  // In Flux's order of precedence: https://fluxcd.io/flux/components/source/gitrepositories/#reference
  const revision = ['commit', 'name', 'semver', 'tag', 'branch']
    .map((key) => ref?.at(key)?.text)
    .find((text) => text !== undefined);
  return { repository: repository.root.at('spec', 'url')?.text, revision, effect: 'certain' };
}

/** `{{path}}` of an ApplicationSet and `${path}` of Flux are filled in elsewhere. */
const TEMPLATE = /(?:\{\{.*?\}\}|\$\{.*?\})+/g;

/** Whether a text that may have templates can become `value`, or is it already. */
export function fits(written: string, value: string): 'same' | 'possible' | 'other' {
  const parts = written.split(TEMPLATE);
  if (parts.length === 1) return written === value ? 'same' : 'other';
  const pattern = parts.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*');
  return new RegExp(`^${pattern}$`, 's').test(value) ? 'possible' : 'other';
}

/** The last two parts of a repository's path, by whatever protocol it is reached. */
export function ownerAndName(repository: string): string {
  const parts = repository
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split(/[/:]/);
  return parts.slice(-2).join('/').toLowerCase();
}

/** One document of a YAML file with Kubernetes resources. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  name: string;
  root: YamlValue;
}

/** All documents that can be read: a Helm template, for example, is no resource yet. */
export function readManifests(file: string, bytes: Uint8Array): Manifest[] {
  return readYaml({ path: file, text: new TextDecoder().decode(bytes) }).map((root) => ({
    root,
    apiVersion: root.at('apiVersion')?.text ?? '',
    kind: root.at('kind')?.text ?? '',
    name: root.at('metadata', 'name')?.text ?? '',
  }));
}
