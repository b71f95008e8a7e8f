import { posix } from 'node:path';
import { splitReference } from '../deploy/kustomization/image-reference.js';
import { imagesOf } from '../deploy/proof/images.js';
import { readResources } from '../deploy/proof/unbuilt-images.js';
import { parseReference } from '../plan/references.js';
import { isBesideProduct } from './dockerfiles.js';
import type { ChosenDeploys } from './draft-deploys.js';
import type { Follower } from './followers.js';
import type { Repository } from './found.js';
import { ownNames } from './image-matches.js';
import { topmost, type FoundKustomization, type ShownImage } from './kustomizations.js';

/** What else was seen of deploys. */
export interface AroundDeploys {
  kustomizations: readonly FoundKustomization[];
  refused: readonly string[];
  /** Who deploys folders of other repositories. */
  elsewhere: readonly Follower[];
  /** Manifests outside of Kustomizations that name images of this repository. */
  manifests: readonly (ShownImage & { file: string })[];
}

/** Images that manifests name where no Kustomization does. */
export function findOtherManifests({ files }: Repository): AroundDeploys['manifests'] {
  return files
    .filter(({ path, text }) => /\.ya?ml$/.test(path) && /^kind:/m.test(text) && !isBesideProduct(path))
    .flatMap(({ path, text }) =>
      (readResources(text) ?? [])
        .flatMap(imagesOf)
        .filter(({ field }) => field === 'container')
        .map(({ image, resource }) => ({ image: splitReference(image).name, resource, file: path })),
    )
    .filter(({ image }) => parseReference(image) !== undefined);
}

/** Comments above `deploy`, or in place of it. */
export function deployRemarks(
  { deploys, remarks }: ChosenDeploys,
  around: AroundDeploys,
  repository: Repository,
): string[] {
  return [
    ...remarks,
    ...(deploys.length > 0 || remarks.length > 0 ? [] : noDeploy(around, repository)),
    ...around.refused,
    ...(deploys.some((deploy) => deploy.repository !== undefined)
      ? []
      : otherRepositories(around.elsewhere, repository)),
  ];
}

function noDeploy(
  { kustomizations, refused, manifests }: AroundDeploys,
  { name, paths }: Repository,
): string[] {
  const tops = topmost(kustomizations);
  const charts = paths
    .filter((path) => posix.basename(path) === 'Chart.yaml' && !isBesideProduct(path))
    .map((path) => posix.dirname(path));
  const files = [...new Set(manifests.map(({ file }) => file))];
  const target = posix.join(posix.dirname(files[0] ?? 'k8s/x'), 'kustomization.yaml');
  const resources = files
    .filter((file) => posix.dirname(file) === posix.dirname(target))
    .map((file) => posix.basename(file));
  return [
    kustomizations.length > 0
      ? 'No Kustomization here names one of these images, so nothing is deployed.'
      : `There is no Kustomization here${refused.length > 0 ? ' that can be read' : ''}, so nothing is deployed.`,
    ...tops.flatMap(({ path, shows, unseen, unfilled }) => {
      const own = ownNames(shows, name);
      return [
        ...(own.length === 0
          ? []
          : [`${path} runs ${own.join(', ')}: if that is one of these images, \`image: …\` says so.`]),
        ...(unseen.length === 0
          ? []
          : [
              `What images ${path} gets by ${unseen.join(', ')} is not seen here: if it is one of these, deploy: { kustomization: ${path}, add-missing: { <key>: <its name there> } }`,
            ]),
        ...(unfilled.length === 0
          ? []
          : [
              `${path} names ${unfilled.join(', ')}, which something else fills in: write the names out, and a release can set the tags.`,
            ]),
      ];
    }),
    ...(charts.length === 0
      ? []
      : [
          `${charts.slice(0, 3).join(', ')}: the values of a Helm chart are not written. What sets its tag stays, in a step after the release, with the output \`<key>-ref\`.`,
        ]),
    ...(files.length > 0 && kustomizations.length === 0 && refused.length === 0
      ? [
          `${files.slice(0, 3).join(', ')} ${files.length === 1 ? 'names' : 'name'} them, and a release writes Kustomizations alone: add ${target} with resources: [${resources.slice(0, 5).join(', ')}], then deploy: { kustomization: ${target}, add-missing: true }`,
        ]
      : []),
  ];
}

/** Upstreams of add-ons have other owners. */
function otherRepositories(elsewhere: readonly Follower[], { name }: Repository): string[] {
  const owner = name?.split('/')[0]?.toLowerCase();
  const own = elsewhere.filter((each) => each.name?.split('/')[0]?.toLowerCase() === owner);
  const told = own.map(
    ({ by, folder, name: other }) =>
      `${by[0]!.toUpperCase()}${by.slice(1)} deploys ${folder} of ${other}. If these images run there: deploy: { repository: ${other}, kustomization: ${posix.join(folder, 'kustomization.yaml')} }`,
  );
  return [...new Set(told)].slice(0, 3);
}
