import { findOverrides } from '../../deploy/overrides/overrides.js';
import type { ChosenDeploy } from './draft-deploys.js';
import type { Repository } from './found.js';
import { isSameImage } from './image-matches.js';

/** What would hide the commits of a release: images that Argo CD or Flux is told to use instead. */
export function overriddenNotes(
  deploys: readonly ChosenDeploy[],
  names: Readonly<Record<string, string>>,
  { name, defaultBranch, files }: Repository,
): string[] {
  const manifests = files.filter(({ text }) => /argoproj\.io|toolkit\.fluxcd\.io|^kustomize:/m.test(text));
  const bytes = new Map(manifests.map(({ path, text }) => [path, new TextEncoder().encode(text)]));
  const targets = deploys
    .filter(({ repository }) => repository === undefined)
    .map(({ kustomization, branch = defaultBranch, matches, entries }) => ({
      path: kustomization,
      branch,
      ...(name !== undefined && { repository: name }),
      images: matches.map(({ key, shown }) => {
        const own = entries.filter(({ gives }) => isSameImage(gives, shown)).map((entry) => entry.name);
        return { key, image: names[key]!, entries: own.length > 0 ? own : [shown] };
      }),
    }));
  return findOverrides(bytes, targets).map(
    ({ place, message, fix }) => `${place?.file}:${place?.line}: ${message} ${fix}`,
  );
}
