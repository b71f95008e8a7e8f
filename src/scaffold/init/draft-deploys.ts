import { posix } from 'node:path';
import { isLoopback } from '../../lib/loopback.js';
import { splitImageName } from '../../plan/references.js';
import type { DraftDeploy } from './draft.js';
import type { FoundUpdate, Repository } from './found.js';
import { isSameImage, matchImages, ownNames, type ImageMatch, type KnownImage } from './image-matches.js';
import type { Follower } from './followers.js';
import { topmost, type FoundKustomization } from './kustomizations.js';

/** Where images go, and how the manifests there name them. */
export interface ChosenDeploys {
  deploys: ChosenDeploy[];
  /** How the manifests of other environments name the images. */
  others: ImageMatch[];
  remarks: string[];
}

export interface ChosenDeploy extends DraftDeploy {
  matches: ImageMatch[];
  entries: FoundKustomization['entries'];
  /** Who certainly deploys it. */
  follower?: Follower;
}

/** A Kustomization whose entries a release would write, with the images that it concerns. */
interface Candidate {
  /** What a cluster gets. */
  top: FoundKustomization;
  /** Where the entries stand: it, or a base of it. */
  home: FoundKustomization;
  matches: ImageMatch[];
}

/**
 * Chooses the Kustomizations that releases write to: those that are updated today, else those that a controller
 * follows, else what stands on top. Of several environments one is taken, and production is left to people.
 */
export function chooseDeploys(
  all: readonly FoundKustomization[],
  images: readonly KnownImage[],
  updates: readonly FoundUpdate[],
  repository: Pick<Repository, 'name' | 'defaultBranch'>,
): ChosenDeploys {
  const matching = (kustomization: FoundKustomization) =>
    matchImages(images, kustomization.shows, repository.name);
  const tops = topmost(all);
  const elsewhere = updates.filter((update) => update.repository !== undefined);
  const updated = updates.flatMap((update) => {
    const found = update.repository === undefined ? kustomizationAt(all, update.kustomization) : undefined;
    return found === undefined ? [] : [{ update, found }];
  });
  if (updated.length > 0 || elsewhere.length > 0) {
    const here = updated.map(({ update, found }) => {
      const top = tops.find(({ path, bases }) => path === found.path || bases.includes(found.path)) ?? found;
      const matches = matchImages(images, [...found.shows, ...shownByEntries(found)], repository.name);
      const deploy = deployOf({ top, home: found, matches }, images, repository);
      return { ...deploy, mode: update.mode, ...(update.branch !== undefined && { branch: update.branch }) };
    });
    const there = elsewhere.map(({ kustomization, repository: other, branch = 'main', mode }) => ({
      kustomization,
      repository: other!,
      branch,
      mode,
      matches: [],
      entries: [],
      remarks: [],
    }));
    const naming = here.filter(({ matches }) => matches.length > 0);
    const kept = naming.length > 0 ? naming : here;
    return {
      deploys: [...kept, ...there],
      others: [],
      remarks: here
        .filter((deploy) => !kept.includes(deploy))
        .map(
          ({ kustomization }) =>
            `${kustomization} is written to today, and names none of these images: it is left as it is.`,
        ),
    };
  }

  const candidates = (pool: readonly FoundKustomization[]) =>
    pool.flatMap((top): Candidate[] => {
      const matches = matching(top);
      return matches.length === 0 ? [] : [{ top, home: homeOf(top, matches, all), matches }];
    });
  const followed = (certainty: 'same' | 'possible', pool: readonly FoundKustomization[]) =>
    candidates(pool.filter((found) => found.followed?.certainty === certainty));
  const fitting = [followed('same', all), followed('possible', tops), candidates(tops)];
  return choose(fitting.find(({ length }) => length > 0) ?? [], images, repository);
}

/** Takes environments one after the other, as long as each brings images that none before had. */
function choose(
  candidates: readonly Candidate[],
  images: readonly KnownImage[],
  repository: Pick<Repository, 'name' | 'defaultBranch'>,
): ChosenDeploys {
  const taken: Candidate[] = [];
  const left: Candidate[] = [];
  for (const candidate of candidates.toSorted((a, b) => rankOfCandidate(a) - rankOfCandidate(b))) {
    const covered = taken.flatMap(({ matches }) => matches.map(({ key }) => key));
    const adds =
      candidate.matches.some(({ key }) => !covered.includes(key)) ||
      taken.every((other) => isBeside(candidate.top, other.top));
    if (taken.some(({ home }) => home === candidate.home)) continue;
    if (adds) taken.push(candidate);
    else if (
      !isOfOneMachine(candidate.top) &&
      !isNearby(candidate) &&
      !left.some(({ home }) => home === candidate.home)
    )
      left.push(candidate);
  }
  return {
    others: left.flatMap(({ matches }) => matches),
    deploys: taken.map((candidate, index) => {
      const deploy = deployOf(candidate, images, repository);
      const shared = taken
        .slice(0, index)
        .find(({ matches }) => matches.some(({ key }) => deploy.matches.some((match) => match.key === key)));
      if (shared === undefined) return deploy;
      const remark = `It runs other workloads than ${shared.home.path}, so both get every release; of another environment it would be told apart by \`channel: …\`.`;
      return { ...deploy, remarks: [remark, ...deploy.remarks] };
    }),
    remarks:
      left.length === 0
        ? []
        : [
            'Other environments get the same images through a channel of their own, for instance by a pull request:',
            ...left.map(({ top, home }) => {
              const channel = environmentOf(top);
              const branch = otherBranch(top, repository.defaultBranch);
              return `- { kustomization: ${home.path}, channel: ${channel}, ${branch === undefined ? '' : `branch: ${branch}, `}mode: pull-request }`;
            }),
          ],
  };
}

/** Two parts of one environment: neither is made of what the other one is, and they run other workloads. */
function isBeside(one: FoundKustomization, other: FoundKustomization): boolean {
  const workloads = other.shows.map(({ resource }) => resource);
  return (
    environmentsIn(one) === environmentsIn(other) &&
    !isOfOneMachine(one) &&
    !one.bases.some((base) => other.bases.includes(base)) &&
    one.shows.every(({ resource }) => resource !== '' && !workloads.includes(resource))
  );
}

/** The file that holds the entries today: an overlay without any leaves them to the one base that has them. */
function homeOf(
  top: FoundKustomization,
  matches: readonly ImageMatch[],
  all: readonly FoundKustomization[],
): FoundKustomization {
  const holds = ({ entries }: FoundKustomization) =>
    matches.some(({ shown }) => entries.some(({ gives }) => isSameImage(gives, shown)));
  if (holds(top)) return top;
  const bases = all.filter((base) => top.bases.includes(base.path) && holds(base));
  return bases.length === 1 ? bases[0]! : top;
}

function deployOf(
  { top, home, matches }: Candidate,
  images: readonly KnownImage[],
  { name, defaultBranch }: Pick<Repository, 'name' | 'defaultBranch'>,
) {
  const keys = matches.map(({ key }) => key);
  const absent = images.filter(({ key }) => !keys.includes(key)).map(({ key }) => key);
  const others = ownNames(top.shows, name).filter(
    (image) => !matches.some(({ shown }) => isSameImage(shown, image)),
  );
  const notes = [
    ...followedNotes(top, defaultBranch),
    ...otherWriters(top, home),
    ...(absent.length === 0 ? [] : [`No manifest there names ${absent.join(', ')}.`]),
    ...(others.length === 0
      ? []
      : [`It runs ${others.join(', ')}, too, which nothing here was found to build.`]),
  ];
  return {
    kustomization: home.path,
    ...(absent.length > 0 && { images: images.map(({ key }) => key).filter((key) => keys.includes(key)) }),
    mode: 'commit' as const,
    matches: [...matches],
    entries: home.entries,
    remarks: notes,
    ...(top.followed?.certainty === 'same' && { follower: top.followed.follower }),
  };
}

function followedNotes(top: FoundKustomization, defaultBranch: string): string[] {
  const { followed } = top;
  if (followed === undefined) return [];
  const { follower, certainty } = followed;
  const branch = otherBranch(top, defaultBranch);
  return [
    certainty === 'same'
      ? `Followed by ${follower.by}.`
      : `Perhaps followed by ${follower.by}, whose path is ${follower.folder}.`,
    ...(branch === undefined
      ? []
      : [`It follows ${branch}, not ${defaultBranch}: if that is a branch, add \`branch: ${branch}\`.`]),
  ];
}

/** Of two that write the same tag, the later one wins: here a newer release would be taken back. */
function otherWriters({ followed }: FoundKustomization, { path, automated }: FoundKustomization): string[] {
  const updater = followed?.follower.updater;
  return [
    ...(updater === undefined
      ? []
      : [`${updater} sets its images, too: remove its annotations, or leave \`deploy\` out.`]),
    ...(automated.length === 0
      ? []
      : [
          `The image automation of Flux writes to it, too (${path}:${automated.join(', ')}): remove its markers, or leave \`deploy\` out.`,
        ]),
  ];
}

/** What is followed instead of the default branch: a commit there alone is seen. */
function otherBranch({ followed }: FoundKustomization, defaultBranch: string): string | undefined {
  const branch = followed?.follower.revision?.replace(/^refs\/heads\//, '') ?? '';
  return ['', 'HEAD', defaultBranch].includes(branch) ? undefined : branch;
}

/** What is updated by a name that no manifest has still has its entry. */
function shownByEntries({ entries }: FoundKustomization) {
  return entries.map(({ gives }) => ({ image: gives, resource: '' }));
}

function kustomizationAt(all: readonly FoundKustomization[], path: string): FoundKustomization | undefined {
  const clean = posix.normalize(path).replace(/\/$/, '');
  return all.find((found) => found.path === clean || found.folder === clean);
}

/** Where new images go first; production last, so that it is taken when there is nothing else. */
const ENVIRONMENTS: readonly RegExp[] = [
  /^(?:staging|stage|stg|preprod|pre-production|uat|qa|test|testing|integration|int)$/i,
  /^(?:dev|devel|development|sandbox|preview)$/i,
];
const FOR_PEOPLE = /^(?:prod|prd|production|live)$/i;
const OF_ONE_MACHINE = /^(?:local|localhost|kind|minikube|k3d|docker-desktop|example|examples|ci|e2e)$/i;

function isOfOneMachine({ folder }: FoundKustomization): boolean {
  return folder.split('/').some((part) => OF_ONE_MACHINE.test(part));
}

/** What pulls from this machine is for it, whatever its folder is called. */
function isNearby({ matches }: Candidate): boolean {
  return matches.every(({ shown }) => isLoopback(splitImageName(shown).host));
}

function rankOfCandidate(candidate: Candidate): number {
  return isNearby(candidate) ? ENVIRONMENTS.length + 1 : rankOf(candidate.top);
}

function rankOf(found: FoundKustomization): number {
  if (isOfOneMachine(found)) return ENVIRONMENTS.length + 1;
  const parts = found.folder.split('/');
  const rank = ENVIRONMENTS.findIndex((pattern) => parts.some((part) => pattern.test(part)));
  return rank < 0 ? ENVIRONMENTS.length : rank;
}

/** `staging` and `qa` are two, though new images go to either first. */
function environmentsIn({ folder }: FoundKustomization): string {
  const isOne = (part: string) => [FOR_PEOPLE, ...ENVIRONMENTS].some((pattern) => pattern.test(part));
  return folder.split('/').filter(isOne).join('/');
}

function environmentOf({ folder }: FoundKustomization): string {
  return posix.basename(folder).replace(/[^\w.-]/g, '-') || 'other';
}
