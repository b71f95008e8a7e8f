import { posix } from 'node:path';
import type { DraftDeploy } from './draft.js';
import type { FoundUpdate } from './found.js';
import { isSameImage, matchImages, type ImageMatch, type KnownImage } from './image-matches.js';
import { topmost, type FoundKustomization } from './kustomizations.js';

/** Where images go, and how the manifests there name them. */
export interface ChosenDeploys {
  deploys: (DraftDeploy & { matches: ImageMatch[]; entries: FoundKustomization['entries'] })[];
  remarks: string[];
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
  repository: string | undefined,
): ChosenDeploys {
  const matching = (kustomization: FoundKustomization) =>
    matchImages(images, kustomization.shows, repository);
  const tops = topmost(all);
  const elsewhere = updates.filter((update) => update.repository !== undefined);
  const updated = updates.flatMap((update) => {
    const found = update.repository === undefined ? kustomizationAt(all, update.kustomization) : undefined;
    return found === undefined ? [] : [{ update, found }];
  });
  if (updated.length > 0 || elsewhere.length > 0) {
    const here = updated.map(({ update, found }) => {
      const top = tops.find(({ path, bases }) => path === found.path || bases.includes(found.path)) ?? found;
      const matches = matchImages(images, [...found.shows, ...shownByEntries(found)], repository);
      const deploy = deployOf({ top, home: found, matches }, images);
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
    return { deploys: [...here, ...there], remarks: [] };
  }

  const followed = tops.filter(({ followedBy }) => followedBy !== undefined);
  const candidates = (pool: readonly FoundKustomization[]) =>
    pool.flatMap((top): Candidate[] => {
      const matches = matching(top);
      return matches.length === 0 ? [] : [{ top, home: homeOf(top, matches, all), matches }];
    });
  const fitting = candidates(followed);
  return choose(fitting.length > 0 ? fitting : candidates(tops), images);
}

/** Takes environments one after the other, as long as each brings images that none before had. */
function choose(candidates: readonly Candidate[], images: readonly KnownImage[]): ChosenDeploys {
  const taken: Candidate[] = [];
  const left: Candidate[] = [];
  for (const candidate of candidates.toSorted((a, b) => rankOf(a.top) - rankOf(b.top))) {
    const covered = taken.flatMap(({ matches }) => matches.map(({ key }) => key));
    const adds = candidate.matches.some(({ key }) => !covered.includes(key));
    if (taken.some(({ home }) => home === candidate.home)) continue;
    (adds ? taken : left).push(candidate);
  }
  return {
    deploys: taken.map((candidate) => deployOf(candidate, images)),
    remarks:
      left.length === 0
        ? []
        : [
            'Other environments get the same images through a channel of their own, for instance by a pull request:',
            ...left.map(({ home }) => {
              const channel = environmentOf(home);
              return `- { kustomization: ${home.path}, channel: ${channel}, mode: pull-request }`;
            }),
          ],
  };
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

function deployOf({ top, home, matches }: Candidate, images: readonly KnownImage[]) {
  const keys = matches.map(({ key }) => key);
  const absent = images.filter(({ key }) => !keys.includes(key)).map(({ key }) => key);
  const notes = [
    ...(top.followedBy === undefined ? [] : [`Followed by ${top.followedBy}.`]),
    ...(absent.length === 0 ? [] : [`No manifest there names ${absent.join(', ')}.`]),
  ];
  return {
    kustomization: home.path,
    ...(absent.length > 0 && { images: images.map(({ key }) => key).filter((key) => keys.includes(key)) }),
    mode: 'commit' as const,
    matches: [...matches],
    entries: home.entries,
    remarks: notes,
  };
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
const OF_ONE_MACHINE = /^(?:local|localhost|kind|minikube|k3d|docker-desktop|example|examples|ci|e2e)$/i;

function rankOf({ folder }: FoundKustomization): number {
  const parts = folder.split('/');
  if (parts.some((part) => OF_ONE_MACHINE.test(part))) return ENVIRONMENTS.length + 1;
  const rank = ENVIRONMENTS.findIndex((pattern) => parts.some((part) => pattern.test(part)));
  return rank < 0 ? ENVIRONMENTS.length : rank;
}

function environmentOf({ folder }: FoundKustomization): string {
  return posix.basename(folder).replace(/[^\w.-]/g, '-') || 'other';
}
