import { posix } from 'node:path';
import type { ChosenDeploys } from './draft-deploys.js';
import type { Follower } from './followers.js';
import type { Repository } from './found.js';
import { ownNames } from './image-matches.js';
import { refusedKustomizations } from './refused-kustomizations.js';
import { topmost, type FoundKustomization } from './kustomizations.js';
import type { OtherManifests } from './other-manifests.js';

/** What was seen of deploys beside those that were chosen. */
export interface AroundDeploys {
  kustomizations: readonly FoundKustomization[];
  /** Who deploys folders of other repositories. */
  elsewhere: readonly Follower[];
  /** Manifests that name images of this repository. */
  manifests: OtherManifests;
}

/** What a person has to know who reads `deploy`, or who misses it. */
export function deployRemarks(
  { deploys, remarks }: ChosenDeploys,
  around: AroundDeploys,
  repository: Repository,
): string[] {
  const isFollowed = deploys.some(
    (deploy) => deploy.repository !== undefined || deploy.follower !== undefined,
  );
  const refused = refusedKustomizations(repository);
  return [
    ...(deploys.length > 0 ? remarks : [...remarks, ...noDeploy(around, refused, repository)]),
    ...refused,
    ...(isFollowed ? [] : otherRepositories(around.elsewhere, repository)),
  ];
}

function noDeploy(
  { kustomizations, manifests: { shows, charts } }: AroundDeploys,
  refused: readonly string[],
  { name }: Repository,
): string[] {
  const [first] = topmost(kustomizations);
  const unfilled = topmost(kustomizations).filter((each) => each.unfilled.length > 0);
  const files = [...new Set(shows.map(({ file }) => file))];
  const plain = files.filter((file) => !charts.some((chart) => isBelow(file, chart)));
  const folder = posix.dirname(plain[0] ?? 'k8s/x');
  const resources = plain
    .filter((file) => posix.dirname(file) === folder)
    .map((file) => posix.basename(file));
  const target = posix.join(folder, 'kustomization.yaml');
  return [
    kustomizations.length > 0
      ? 'No Kustomization here names one of these images, so nothing is deployed.'
      : `There is no Kustomization here${refused.length > 0 ? ' that can be read' : ''}, so nothing is deployed.`,
    ...topmost(kustomizations).flatMap(({ path, shows: shown }) => {
      const own = ownNames(shown, name);
      return own.length === 0
        ? []
        : [`${path} runs ${own.join(', ')}: where that is one of these images, \`image: …\` says so.`];
    }),
    ...topmost(kustomizations)
      .filter(({ unseen }) => unseen.length > 0)
      .map(
        ({ path, unseen }) =>
          `What images ${path} gets by ${unseen.join(', ')} is not seen here: where it is one of these, deploy: { kustomization: ${path}, add-missing: { <key>: <its name there> } }`,
      ),
    ...unfilled.map(
      ({ path, unfilled }) =>
        `${path} names ${unfilled.join(', ')}, which something else fills in: write the names out, and a release can set the tags.`,
    ),
    ...(charts.length === 0
      ? []
      : [
          `${charts.join(', ')}: the values of a Helm chart are not written. What sets its tag stays, in a step after the release, with the output \`<key>-ref\`.`,
        ]),
    ...(plain.length > 0 && kustomizations.length === 0 && refused.length === 0
      ? [
          `${plain.join(', ')} ${plain.length === 1 ? 'names' : 'name'} them, and a release writes Kustomizations alone: add ${target} with resources: [${resources.join(', ')}], then`,
          `deploy: { kustomization: ${target}, add-missing: true }`,
        ]
      : [
          `Once ${first === undefined ? 'there is one' : 'it does'}: deploy: ${first?.path ?? 'k8s/kustomization.yml'}`,
        ]),
  ];
}

/** Upstreams of add-ons have other owners. */
function otherRepositories(elsewhere: readonly Follower[], { name }: Repository): string[] {
  const owner = name?.split('/')[0]?.toLowerCase();
  const seen = new Set<string>();
  return elsewhere.flatMap(({ by, folder, name: other }) => {
    const key = `${other} ${folder}`;
    if (other === undefined || other.split('/')[0]?.toLowerCase() !== owner || seen.has(key)) return [];
    seen.add(key);
    return [
      `${by[0]!.toUpperCase()}${by.slice(1)} deploys ${folder} of ${other}. If that is where these images run:`,
      `deploy: { repository: ${other}, kustomization: ${posix.join(folder, 'kustomization.yaml')} }`,
    ];
  });
}

function isBelow(file: string, folder: string): boolean {
  return folder === '.' || file.startsWith(`${folder}/`);
}
