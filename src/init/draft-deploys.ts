import { posix } from 'node:path';
import { splitReference } from '../deploy/kustomization/image-reference.js';
import { imagesOf, readResources } from '../deploy/proof/unbuilt-images.js';
import { isLoopback } from '../lib/loopback.js';
import { hasHost, parseReference, splitImageName } from '../plan/references.js';
import { isNotProduct } from './dockerfiles.js';
import type { DraftDeploy, FoundUpdate, Repository } from './found.js';
import { isSameImage, matchImages, ownNames } from './image-names.js';
import type { ImageMatch, KnownImage, ShownImage } from './image-names.js';
import { topmost, type FoundKustomization } from './kustomizations.js';
import { notesOf } from './notes.js';

export interface ChosenDeploys {
  deploys: ChosenDeploy[];
  /** Names of the images in other environments. */
  others: ImageMatch[];
  remarks: string[];
}

export interface ChosenDeploy extends DraftDeploy {
  matches: ImageMatch[];
  entries: FoundKustomization['entries'];
}

interface Candidate {
  top: FoundKustomization;
  /** The file that has the entries: `top`, or a base of it. */
  home: FoundKustomization;
  matches: ImageMatch[];
}

type Context = Pick<Repository, 'name' | 'defaultBranch'> & {
  images: readonly KnownImage[];
  updates: readonly FoundUpdate[];
  /** Nothing builds or deploys yet, so a Kustomization is meant to be deployed. */
  isNew: boolean;
};

/**
 * Chooses the Kustomizations that releases write to: those that a workflow writes to, else those that a controller
 * follows. In a repository that nothing builds yet, the topmost ones count too.
 */
export function chooseDeploys(all: readonly FoundKustomization[], context: Context): ChosenDeploys {
  const builds = all.filter(({ absent }) => absent.length === 0);
  const chosen = context.updates.length > 0 ? ofUpdates(builds, context) : ofManifests(builds, context);
  const missing = all.filter(
    ({ absent, shows }) => absent.length > 0 && matchImages(context.images, shows, context.name).length > 0,
  );
  const remarks = missing.map(({ path, absent }) => `${path} doesn't build: ${absent.join(', ')} is not in git.`);
  return { ...chosen, remarks: [...chosen.remarks, ...remarks] };
}

function ofUpdates(all: readonly FoundKustomization[], context: Context): ChosenDeploys {
  const tops = topmost(all);
  const deploys = context.updates.flatMap(({ kustomization, repository, branch, mode }): ChosenDeploy[] => {
    if (repository !== undefined)
      return [{ kustomization, repository, branch: branch ?? 'main', mode, matches: [], entries: [], remarks: [] }];
    const home = all.find(({ path }) => path === kustomization);
    if (home === undefined) return [];
    const top = tops.find(({ path, bases }) => path === home.path || bases.includes(home.path)) ?? home;
    const byEntries = home.entries.map(({ gives }) => ({ image: gives, resource: '' }));
    const matches = matchImages(context.images, [...home.shows, ...byEntries], context.name);
    return [{ ...deployOf({ top, home, matches }, context), mode, branch }];
  });
  const isUsed = ({ repository, matches }: ChosenDeploy) => repository !== undefined || matches.length > 0;
  const isAny = deploys.some(({ matches }) => matches.length > 0);
  const left = isAny ? deploys.filter((deploy) => !isUsed(deploy)) : [];
  return {
    deploys: deploys.filter((deploy) => !left.includes(deploy)),
    others: [],
    remarks: left.map(
      ({ kustomization }) => `A workflow writes to ${kustomization}, which names none of these images.`,
    ),
  };
}

function ofManifests(all: readonly FoundKustomization[], context: Context): ChosenDeploys {
  const candidatesIn = (pool: readonly FoundKustomization[]) =>
    pool.flatMap((top): Candidate[] => {
      const matches = matchImages(context.images, top.shows, context.name);
      return matches.length === 0 ? [] : [{ top, home: homeOf(top, matches, all), matches }];
    });
  const followed = (certainty: 'same' | 'possible', pool: readonly FoundKustomization[]) =>
    candidatesIn(pool.filter((found) => found.followed?.certainty === certainty));
  const unfollowed = candidatesIn(topmost(all));
  const fitting = [followed('same', all), followed('possible', topmost(all))].find(({ length }) => length > 0);
  if (fitting !== undefined || context.isNew) return choose(fitting ?? unfollowed, context);
  const paths = [...new Set(unfollowed.map(({ home }) => home.path))].filter((path) => !isNotProduct(path));
  return {
    deploys: [],
    others: unfollowed.filter(({ top }) => !isLocal(top)).flatMap(({ matches }) => matches),
    remarks: notesOf([
      paths.length > 0 &&
        `${paths.slice(0, 4).join(', ')} ${paths.length === 1 ? 'runs' : 'run'} these images, and no workflow writes there, nor does Argo CD or Flux follow it here. If something does: deploy: ${paths[0]}`,
    ]),
  };
}

/** The file that has the entries: an overlay without any leaves them to the one base that has them. */
function homeOf(top: FoundKustomization, matches: readonly ImageMatch[], all: readonly FoundKustomization[]) {
  const hasEntries = ({ entries }: FoundKustomization) =>
    matches.some(({ shown }) => entries.some(({ gives }) => isSameImage(gives, shown)));
  const bases = all.filter((base) => top.bases.includes(base.path) && hasEntries(base));
  return !hasEntries(top) && bases.length === 1 ? bases[0]! : top;
}

/** Takes one environment, the one before production if there is one, and others that alone have an image. */
function choose(candidates: readonly Candidate[], context: Context): ChosenDeploys {
  const [taken, left]: [Candidate[], Candidate[]] = [[], []];
  for (const candidate of candidates.toSorted((a, b) => rankOf(a) - rankOf(b))) {
    if ([...taken, ...left].some(({ home }) => home === candidate.home)) continue;
    const covered = taken.flatMap(({ matches }) => matches.map(({ key }) => key));
    if (candidate.matches.some(({ key }) => !covered.includes(key))) taken.push(candidate);
    else if (rankOf(candidate) < RANKS.length) left.push(candidate);
  }
  const channels = left.map(({ top, home }) => {
    const branch = otherBranch(top, context.defaultBranch);
    return `{ kustomization: ${home.path}, channel: ${posix.basename(top.folder).replace(/[^\w.-]/g, '-')}, ${branch === undefined ? '' : `branch: ${branch}, `}mode: pull-request }`;
  });
  return {
    others: left.flatMap(({ matches }) => matches),
    deploys: taken.map((candidate) => deployOf(candidate, context)),
    remarks: notesOf([
      channels.length > 0 &&
        `The proposal deploys to one environment. Add others under \`deploy\` with a separate channel: ${channels.join('; ')}`,
    ]),
  };
}

const RANKS: readonly RegExp[] = [
  /^(?:staging|stage|stg|preprod|pre-production|uat|qa|test|testing|integration|int)$/i,
  /^(?:dev|devel|development|sandbox|preview)$/i,
  /^$/,
  /^(?:prod|prd|production|live)$/i,
];
const LOCAL = /^(?:local|localhost|kind|minikube|k3d|docker-desktop|example|examples|ci|e2e)$/i;

const isLocal = ({ folder }: FoundKustomization) => folder.split('/').some((part) => LOCAL.test(part));

function rankOf({ top, matches }: Candidate): number {
  const isNearby = matches.every(({ shown }) => isLoopback(splitImageName(shown).host));
  const parts = top.folder.split('/').filter((part) => part !== '');
  const environment = parts.find((part) => RANKS.some((rank) => rank.test(part))) ?? '';
  return isNearby || isLocal(top) ? RANKS.length : RANKS.findIndex((rank) => rank.test(environment));
}

function deployOf({ top, home, matches }: Candidate, context: Context): ChosenDeploy {
  const { images, name, defaultBranch, updates } = context;
  const keys = images.map(({ key }) => key).filter((key) => matches.some((match) => match.key === key));
  const absent = images.map(({ key }) => key).filter((key) => !keys.includes(key));
  const others = ownNames(top.shows, name).filter((image) => !matches.some(({ shown }) => isSameImage(shown, image)));
  const branch = otherBranch(top, defaultBranch);
  const { follower, certainty } = top.followed ?? {};
  const writer = follower?.updater ?? (home.isAutomated ? 'The image automation of Flux' : undefined);
  const remarks = notesOf([
    follower === undefined && updates.length === 0 && 'nothing here says who deploys it.',
    certainty === 'possible' && `perhaps followed by ${follower?.by}, whose path is ${follower?.folder}.`,
    branch !== undefined &&
      `${follower?.by} follows ${branch}, not ${defaultBranch}. If that is a branch, add \`branch: ${branch}\`.`,
    // If two write the same tag, the later one wins and may take a newer release back.
    writer !== undefined && `${writer} writes its tags too. Turn that off, or leave \`deploy\` out.`,
    absent.length > 0 && `its manifests don't name ${absent.join(', ')}.`,
    others.length > 0 && `it also runs ${others.join(', ')}, which no build here was found for.`,
  ]);
  const listed = absent.length > 0 ? keys : undefined;
  return { kustomization: home.path, images: listed, mode: 'commit', matches, entries: home.entries, remarks };
}

function otherBranch({ followed }: FoundKustomization, defaultBranch: string): string | undefined {
  const branch = followed?.follower.revision?.replace(/^refs\/heads\//, '') ?? '';
  return ['', 'HEAD', defaultBranch].includes(branch) ? undefined : branch;
}

export function findOtherManifests({ files }: Repository): (ShownImage & { file: string })[] {
  return files
    .filter(({ path, text }) => /\.ya?ml$/.test(path) && /^kind:/m.test(text) && !isNotProduct(path))
    .flatMap(({ path, text }) =>
      (readResources(text) ?? [])
        .flatMap(imagesOf)
        .map(({ image, resource }) => ({ image: splitReference(image).name, resource, file: path })),
    )
    .filter(({ image }) => parseReference(image) !== undefined);
}

/** Adds entries that are missing or have another name, as the manifests need them. */
export function withMissingEntries({ matches, entries, ...deploy }: ChosenDeploy, names: Record<string, string>) {
  const added: Record<string, string> = {};
  const remarks = [...deploy.remarks];
  for (const { key, shown } of matches) {
    const name = names[key]!;
    if (entries.some(({ gives }) => isSameImage(gives, name))) continue;
    const entry = entries.find(({ gives }) => isSameImage(gives, shown));
    const wanted = entry?.name ?? shown;
    added[key] = isSameImage(wanted, name) ? '' : wanted;
    const today = entry === undefined ? (hasHost(wanted) ? wanted : name) : entry.gives;
    if (!isSameImage(today, name)) remarks.push(`the first release changes ${today} to ${name}.`);
  }
  return Object.keys(added).length === 0 ? deploy : { ...deploy, added, remarks };
}
