import { posix } from 'node:path';
import { isLoopback } from '../lib/loopback.js';
import { splitImageName } from '../plan/references.js';
import { isBesideProduct } from './dockerfiles.js';
import type { DraftDeploy } from './draft.js';
import type { Follower } from './followers.js';
import type { FoundUpdate, Repository } from './found.js';
import { isSameImage, matchImages, ownNames, type ImageMatch, type KnownImage } from './image-matches.js';
import { topmost, type FoundKustomization } from './kustomizations.js';

/** Where images are deployed, and how the manifests there name them. */
export interface ChosenDeploys {
  deploys: ChosenDeploy[];
  /** How the manifests of other environments name the images. */
  others: ImageMatch[];
  remarks: string[];
}

export interface ChosenDeploy extends DraftDeploy {
  matches: ImageMatch[];
  entries: FoundKustomization['entries'];
}

/** A Kustomization whose entries a release would write, with the images that it concerns. */
interface Candidate {
  /** What a cluster gets. */
  top: FoundKustomization;
  /** The file that has the entries: it, or a base of it. */
  home: FoundKustomization;
  matches: ImageMatch[];
}

type Around = Pick<Repository, 'name' | 'defaultBranch'> & {
  updates: readonly FoundUpdate[];
  /** Nothing builds or deploys yet, so that what is there is meant for it. */
  isNew: boolean;
};

/**
 * Chooses the Kustomizations that releases write to: those that a workflow writes to, else those that a controller
 * follows. In a repository that nothing builds yet, the topmost ones count too. Of several environments one is taken, and
 * production is left to people.
 */
export function chooseDeploys(
  all: readonly FoundKustomization[],
  images: readonly KnownImage[],
  around: Around,
): ChosenDeploys {
  const builds = all.filter(({ absent }) => absent.length === 0);
  const broken = all.filter(({ absent }) => absent.length > 0);
  const tops = topmost(builds);
  if (around.updates.length > 0) {
    const { deploys, remarks } = ofUpdates(builds, images, around);
    return { deploys, others: [], remarks: [...remarks, ...brokenRemarks(broken, images, around)] };
  }
  const candidates = (pool: readonly FoundKustomization[]) =>
    pool.flatMap((top): Candidate[] => {
      const matches = matchImages(images, top.shows, around.name);
      return matches.length === 0 ? [] : [{ top, home: homeOf(top, matches, builds), matches }];
    });
  const followed = (certainty: 'same' | 'possible', pool: readonly FoundKustomization[]) =>
    candidates(pool.filter((found) => found.followed?.certainty === certainty));
  const fitting = [followed('same', builds), followed('possible', tops)].find(({ length }) => length > 0);
  const unfollowed = candidates(tops);
  if (fitting !== undefined || around.isNew) {
    const chosen = choose(fitting ?? unfollowed, images, around);
    return { ...chosen, remarks: [...chosen.remarks, ...brokenRemarks(broken, images, around)] };
  }
  return {
    deploys: [],
    others: unfollowed.filter(({ top }) => !isOfOneMachine(top)).flatMap(({ matches }) => matches),
    remarks: [...unfollowedRemarks(unfollowed), ...brokenRemarks(broken, images, around)],
  };
}

function unfollowedRemarks(candidates: readonly Candidate[]): string[] {
  const all = new Set(candidates.map(({ home }) => home.path));
  const paths = [...all].filter((path) => !isBesideProduct(path));
  const [first] = paths;
  return first === undefined
    ? []
    : [
        `${paths.slice(0, 4).join(', ')} ${paths.length === 1 ? 'runs' : 'run'} these images, and no workflow writes there, nor does Argo CD or Flux follow it here. If something does: deploy: ${first}`,
      ];
}

function brokenRemarks(
  broken: readonly FoundKustomization[],
  images: readonly KnownImage[],
  { name }: Around,
): string[] {
  return broken
    .filter(({ shows }) => matchImages(images, shows, name).length > 0)
    .map(({ path, absent }) => `${path} doesn’t build: ${absent.join(', ')} is not in git.`);
}

function ofUpdates(all: readonly FoundKustomization[], images: readonly KnownImage[], around: Around) {
  const tops = topmost(all);
  const here = around.updates.flatMap((update) => {
    const found =
      update.repository === undefined ? all.find(({ path }) => path === update.kustomization) : undefined;
    if (found === undefined) return [];
    const top = tops.find(({ path, bases }) => path === found.path || bases.includes(found.path)) ?? found;
    const byEntries = found.entries.map(({ gives }) => ({ image: gives, resource: '' }));
    const matches = matchImages(images, [...found.shows, ...byEntries], around.name);
    const deploy = deployOf({ top, home: found, matches }, images, around);
    return { ...deploy, mode: update.mode, ...(update.branch !== undefined && { branch: update.branch }) };
  });
  const there = around.updates.flatMap(({ kustomization, repository, branch = 'main', mode }) =>
    repository === undefined
      ? []
      : { ...{ kustomization, repository, branch, mode }, matches: [], entries: [], remarks: [] },
  );
  const naming = here.filter(({ matches }) => matches.length > 0);
  const kept = naming.length > 0 ? naming : here;
  return {
    deploys: [...kept, ...there],
    remarks: here
      .filter((deploy) => !kept.includes(deploy))
      .map(({ kustomization }) => `A workflow writes to ${kustomization}, which names none of these images.`),
  };
}

/** Takes environments one after the other, as long as each brings images that none before had. */
function choose(
  candidates: readonly Candidate[],
  images: readonly KnownImage[],
  around: Around,
): ChosenDeploys {
  const [taken, left]: [Candidate[], Candidate[]] = [[], []];
  for (const candidate of candidates.toSorted((a, b) => rankOf(a) - rankOf(b))) {
    if ([...taken, ...left].some(({ home }) => home === candidate.home)) continue;
    const covered = taken.flatMap(({ matches }) => matches.map(({ key }) => key));
    const adds =
      candidate.matches.some(({ key }) => !covered.includes(key)) ||
      taken.every((other) => isBeside(candidate.top, other.top));
    if (adds) taken.push(candidate);
    else if (!isOfOneMachine(candidate.top) && !isNearby(candidate)) left.push(candidate);
  }
  return {
    others: left.flatMap(({ matches }) => matches),
    deploys: taken.map((candidate) => deployOf(candidate, images, around)),
    remarks:
      left.length === 0
        ? []
        : [
            'Other environments get the same images through a channel of their own, for instance by a pull request:',
            ...left.map(({ top, home }) => {
              const channel = posix.basename(top.folder).replace(/[^\w.-]/g, '-');
              const branch = otherBranch(top, around.defaultBranch);
              return `- { kustomization: ${home.path}, channel: ${channel}, ${branch === undefined ? '' : `branch: ${branch}, `}mode: pull-request }`;
            }),
          ],
  };
}

/** Two parts of one environment: neither is made of the other's bases, and they run other workloads. */
function isBeside(one: FoundKustomization, other: FoundKustomization): boolean {
  const workloads = other.shows.map(({ resource }) => resource);
  return (
    environmentsIn(one) === environmentsIn(other) &&
    !isOfOneMachine(one) &&
    !one.bases.some((base) => other.bases.includes(base)) &&
    one.shows.every(({ resource }) => resource !== '' && !workloads.includes(resource))
  );
}

/** The file that has the entries: an overlay without any leaves them to the one base that has them. */
function homeOf(top: FoundKustomization, matches: readonly ImageMatch[], all: readonly FoundKustomization[]) {
  const holds = ({ entries }: FoundKustomization) =>
    matches.some(({ shown }) => entries.some(({ gives }) => isSameImage(gives, shown)));
  if (holds(top)) return top;
  const bases = all.filter((base) => top.bases.includes(base.path) && holds(base));
  return bases.length === 1 ? bases[0]! : top;
}

function deployOf(
  { top, home, matches }: Candidate,
  images: readonly KnownImage[],
  { name, defaultBranch }: Around,
) {
  const keys = matches.map(({ key }) => key);
  const absent = images.filter(({ key }) => !keys.includes(key)).map(({ key }) => key);
  const others = ownNames(top.shows, name).filter(
    (image) => !matches.some(({ shown }) => isSameImage(shown, image)),
  );
  const branch = otherBranch(top, defaultBranch);
  const follower: Follower | undefined = top.followed?.follower;
  return {
    kustomization: home.path,
    ...(absent.length > 0 && { images: images.map(({ key }) => key).filter((key) => keys.includes(key)) }),
    mode: 'commit' as const,
    matches: [...matches],
    entries: home.entries,
    remarks: [
      ...(follower === undefined
        ? []
        : top.followed?.certainty === 'same'
          ? [`Followed by ${follower.by}.`]
          : [`Perhaps followed by ${follower.by}, whose path is ${follower.folder}.`]),
      ...(branch === undefined
        ? []
        : [`It follows ${branch}, not ${defaultBranch}: if that is a branch, add \`branch: ${branch}\`.`]),
      // Of two that write the same tag, the later one wins: a newer release would be taken back.
      ...(follower?.updater === undefined
        ? []
        : [`${follower.updater} sets its images, too: remove its annotations, or leave \`deploy\` out.`]),
      ...(home.automated.length === 0
        ? []
        : [
            `The image automation of Flux writes to it, too (${home.path}:${home.automated.join(', ')}): remove its markers, or leave \`deploy\` out.`,
          ]),
      ...(absent.length === 0 ? [] : [`No manifest there names ${absent.join(', ')}.`]),
      ...(others.length === 0
        ? []
        : [`It runs ${others.join(', ')}, too, which nothing here was found to build.`]),
    ],
  };
}

/** What is followed instead of the default branch: a commit there alone is seen. */
function otherBranch({ followed }: FoundKustomization, defaultBranch: string): string | undefined {
  const branch = followed?.follower.revision?.replace(/^refs\/heads\//, '') ?? '';
  return ['', 'HEAD', defaultBranch].includes(branch) ? undefined : branch;
}

/** Where new images go first; production last, so that it is taken if there is nothing else. */
const ENVIRONMENTS: readonly RegExp[] = [
  /^(?:staging|stage|stg|preprod|pre-production|uat|qa|test|testing|integration|int)$/i,
  /^(?:dev|devel|development|sandbox|preview)$/i,
];
const FOR_PEOPLE = /^(?:prod|prd|production|live)$/i;
const OF_ONE_MACHINE = /^(?:local|localhost|kind|minikube|k3d|docker-desktop|example|examples|ci|e2e)$/i;

const hasPart = ({ folder }: FoundKustomization, pattern: RegExp) =>
  folder.split('/').some((part) => pattern.test(part));
const isOfOneMachine = (found: FoundKustomization) => hasPart(found, OF_ONE_MACHINE);

/** What pulls from this machine is for it, whatever its folder is called. */
const isNearby = ({ matches }: Candidate) =>
  matches.every(({ shown }) => isLoopback(splitImageName(shown).host));

function rankOf(candidate: Candidate): number {
  if (isNearby(candidate) || isOfOneMachine(candidate.top)) return ENVIRONMENTS.length + 1;
  const rank = ENVIRONMENTS.findIndex((pattern) => hasPart(candidate.top, pattern));
  return rank < 0 ? ENVIRONMENTS.length : rank;
}

/** `staging` and `qa` are two, though new images go to either first. */
function environmentsIn({ folder }: FoundKustomization): string {
  const isOne = (part: string) => [FOR_PEOPLE, ...ENVIRONMENTS].some((pattern) => pattern.test(part));
  return folder.split('/').filter(isOne).join('/');
}
