import { posix } from 'node:path';
import { type Manifest, type ManifestNode } from './manifests.js';
import { type Override, splitReference } from './override.js';

/**
 * Where each kind keeps the spec of its Applications.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/
 */
const SPECS: Record<string, string[]> = {
  Application: ['spec'],
  ApplicationSet: ['spec', 'template', 'spec'],
};

/** The image overrides of Argo CD's Applications and ApplicationSets. */
export function argoOverrides(manifests: readonly Manifest[]): Override[] {
  return manifests.flatMap(({ apiVersion, kind, name, root }) => {
    const keys = apiVersion.startsWith('argoproj.io/') ? SPECS[kind] : undefined;
    const spec = keys && root.at(...keys);
    if (!keys || !spec) return [];
    return sourcesOf(spec).flatMap(({ source, field }) =>
      imagesOf(source, {
        by: `the Argo CD ${kind} ${name}`,
        field: [...keys, field, 'kustomize', 'images'].join('.'),
        folder: source.at('path')?.text ?? '',
        repository: source.at('repoURL')?.text,
        revision: source.at('targetRevision')?.text,
      }),
    );
  });
}

/**
 * Parameters that Argo CD reads beside a Kustomization and that its Image Updater writes:
 * https://argo-cd.readthedocs.io/en/stable/user-guide/parameters/#store-overrides-in-git
 */
export function argoParameterOverrides(file: string, manifests: readonly Manifest[]): Override[] {
  const name = posix.basename(file);
  if (!/^\.argocd-source(?:-.+)?\.yaml$/.test(name)) return [];
  const folder = posix.dirname(file);
  const by = `the parameter file ${name} of Argo CD`;
  return manifests.flatMap(({ root }) => imagesOf(root, { by, field: 'kustomize.images', folder }));
}

/** With `sources` Argo CD does not look at `source`. */
function sourcesOf(spec: ManifestNode): { source: ManifestNode; field: string }[] {
  const several = spec.at('sources')?.items() ?? [];
  if (several.length > 0) return several.map((source) => ({ source, field: 'sources[]' }));
  const source = spec.at('source');
  return source ? [{ source, field: 'source' }] : [];
}

/**
 * Argo CD hands the list to `kustomize edit set image`: what an item leaves out is erased, and `*` keeps it.
 * https://github.com/argoproj/argo-cd/blob/master/util/kustomize/kustomize.go
 */
function imagesOf(
  source: ManifestNode,
  common: Pick<Override, 'by' | 'field' | 'folder' | 'repository' | 'revision'>,
): Override[] {
  const images = source.at('kustomize', 'images')?.items() ?? [];
  return images.flatMap(({ text: written, place }) => {
    if (written === undefined) return [];
    const equals = written.indexOf('=');
    const { name, tag, digest } = splitReference(written.slice(equals + 1));
    if (tag === '*' || digest === '*') return [];
    const image = equals < 0 ? name : written.slice(0, equals);
    return { ...common, written, place, image, joins: 'sorted' as const, effect: 'certain' as const };
  });
}
