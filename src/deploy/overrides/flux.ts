import type { Manifest, ManifestNode } from './manifests.js';
import type { Override } from './override.js';

/**
 * The image overrides of Flux's own Kustomization resources.
 * https://fluxcd.io/flux/components/kustomize/kustomizations/#images
 */
export function fluxOverrides(manifests: readonly Manifest[]): Override[] {
  return manifests.flatMap((manifest) => {
    const { apiVersion, kind, name, root } = manifest;
    if (kind !== 'Kustomization' || !apiVersion.startsWith('kustomize.toolkit.fluxcd.io/')) return [];
    const source = fluxSource(manifest, manifests);
    const images = root.at('spec', 'images')?.items() ?? [];
    return images.flatMap((entry) => {
      const image = entry.at('name');
      if (image?.text === undefined) return [];
      const parts = partsOf(entry);
      if (parts === undefined) return [];
      return {
        by: `the Flux Kustomization ${name}`,
        field: 'spec.images',
        written: `${image.text}${parts.written}`,
        place: image.place,
        image: image.text,
        joins: 'last' as const,
        folder: root.at('spec', 'path')?.text ?? '',
        repository: source.repository,
        revision: source.revision,
        effect: parts.replaced === 'tag' ? source.effect : ('possible' as const),
      };
    });
  });
}

/** A new name alone: Flux up to 2.8 dropped the tag beside it, https://github.com/fluxcd/pkg/pull/1267 */
function partsOf(entry: ManifestNode): { written: string; replaced: 'tag' | 'name' } | undefined {
  const [newName, newTag, digest] = ['newName', 'newTag', 'digest'].map((key) => entry.at(key)?.text);
  if (!newName && !newTag && !digest) return undefined;
  const written = [newName && `=${newName}`, newTag && `:${newTag}`, digest && `@${digest}`];
  return { written: written.filter(Boolean).join(''), replaced: newTag || digest ? 'tag' : 'name' };
}

/**
 * Where the files come from. A GitRepository that is not among the manifests, or an artifact of another kind,
 * may still hold these files; `flux-system` is by convention the repository that Flux was set up from.
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
      // What a Kustomization around them sets is not known here.
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
