import { failure } from '../../lib/errors.js';
import { isLoopback, isPrivate } from '../../lib/loopback.js';
import { concernsImages, isOwnStep } from '../../preflight/workflows/uses.js';
import { readWorkflow, type Workflow } from '../../preflight/workflows/workflow.js';
import { hasHost } from '../../plan/references.js';
import type { ScaffoldFile } from '../scaffold-file.js';
import { configText } from './config-text.js';
import type { PassedDockerfile } from './dockerfiles.js';
import type { Draft, DraftDeploy, DraftImage } from './draft.js';
import { checkoutInputs } from './checkout.js';
import { cacheNotes } from './cache-notes.js';
import { chooseDeploys, type ChosenDeploys } from './draft-deploys.js';
import { listImages } from './draft-images.js';
import type { Found, FoundImage, FoundLogin, Repository } from './found.js';
import { deployRemarks } from './deploy-remarks.js';
import { deployTokenOf, tokenNotes } from './deploy-token.js';
import { environmentNotes } from './environment-notes.js';
import { findFollowers } from './followers.js';
import { isSameImage, matchImages } from './image-matches.js';
import { nameImages } from './image-names.js';
import { otherLogins, replacedLogins } from './logins.js';
import { findKustomizations } from './kustomizations.js';
import { findOtherManifests, type OtherManifests } from './other-manifests.js';
import { overriddenNotes } from './overridden.js';
import { findOwnBases, namesOfBases, standOn } from './own-bases.js';
import { registryNotes } from './registry-notes.js';
import { EMULATION, workflowText } from './workflow-text.js';

/** What `init` would write, and what it has to say about it. */
export interface Proposal {
  config: ScaffoldFile;
  /** Undefined: a workflow of the repository uses this action already. */
  workflow?: ScaffoldFile;
  draft: Draft;
  /** Dockerfiles that are left out. */
  passed: PassedDockerfile[];
  /** What has to be done by hand beside, one sentence each. */
  notes: string[];
}

export const CONFIG_FILE = 'image-release.yml';

const NO_MANIFESTS: OtherManifests = { shows: [], charts: [] };

/**
 * Proposes configuration and workflow for a repository. Pure.
 * @param found what it does today
 * @throws ReleaseError `scaffold/no-image`, `scaffold/registry-unknown`
 */
export function propose(repository: Repository, found: Found, wishes: { registry?: string } = {}): Proposal {
  const { images: listed, passed } = listImages(repository, found);
  if (listed.length === 0 && found.bakes.length === 0) {
    throw failure({
      code: 'scaffold/no-image',
      message: 'There is nothing here that an image is made of: no Dockerfile, no bake or compose file.',
      fix: 'Write a Dockerfile first; files that git ignores are not looked at.',
    });
  }
  const known = listed.map((image) => image.known);
  const followers = findFollowers(repository);
  const kustomizations = findKustomizations(repository, followers.here);
  const chosen = chooseDeploys(kustomizations, known, found.updates, repository);
  const manifests = chosen.deploys.length > 0 ? NO_MANIFESTS : findOtherManifests(repository);
  const named = matchImages(known, manifests.shows, repository.name);
  const bases = findOwnBases(listed, repository);
  const matches = [
    ...chosen.deploys.flatMap((deploy) => deploy.matches),
    ...chosen.others,
    ...named,
    ...namesOfBases(bases),
  ];
  const around = {
    kustomizations,
    elsewhere: followers.elsewhere,
    manifests: {
      ...manifests,
      shows: manifests.shows.filter(({ image }) => named.some(({ shown }) => shown === image)),
    },
  };
  const { registry, names } = nameImages(known, matches, {
    ...wishes,
    ...(repository.name !== undefined && { repository: repository.name }),
    ...(repository.origin !== undefined && { origin: repository.origin }),
  });
  const rules = commonRules([...found.images, ...found.bakes]);
  const images = listed.map(({ known: _, ...image }, index): DraftImage => {
    const own = image.from === 'images' ? found.images[index]?.tags : undefined;
    const fromFile = image.from === 'bake' && listed[index]!.known.image !== undefined;
    return {
      ...standOn(image, bases),
      ...(!fromFile && { image: names[image.key]! }),
      ...(rules === undefined && own !== undefined && own.length > 0 && { tags: own }),
    };
  });
  const draft: Draft = {
    registry,
    images,
    ...bakeOf(found),
    tags: rules ?? [],
    flavor: (found.images[0] ?? found.bakes[0])?.flavor ?? [],
    ...cacheOf(found.images),
    attest: attestOf(found, registry),
    deploys: chosen.deploys.map((deploy) => withAdded(deploy, names)),
    deployRemarks: [...deployRemarks(chosen, around, repository), ...deployOnRemark(found)],
    ...deployOnOf(found),
    triggers: found.triggers ?? {
      branches: [repository.defaultBranch],
      tags: [],
      pullRequest: false,
      schedule: [],
    },
    ...loginOf(found.logins, registry),
    keptLogins: OF_CLOUDS.test(registry) ? found.keptLogins : [],
    ...emulationOf(found),
    checkout: checkoutInputs(repository, found, images),
    ...deployTokenOf(found),
    environment: found.environment,
    furtherTags: found.furtherTags,
  };
  const texts = textsOf(draft, repository, found);
  const notes = [...texts.notes, ...overriddenNotes(chosen.deploys, names, repository)];
  return { draft, passed, ...texts, notes };
}

const hostOf = ({ registry }: Pick<Draft, 'registry'>): string => registry.split('/')[0]!;

/** Runners are of one platform; a bake file may name others. */
function emulationOf({ images, bakes, emulation }: Found): Pick<Draft, 'emulation'> {
  const laidOver = bakes.flatMap(({ overlays }) => Object.values(overlays));
  const isForeign = [...images, ...laidOver].some(({ platforms = [] }) =>
    platforms.some((platform) => !/^linux\/(?:amd64|386)\b/.test(platform)),
  );
  if (isForeign) return { emulation: emulation ?? EMULATION };
  return bakes.length > 0 && emulation !== undefined ? { emulation } : {};
}

function textsOf(draft: Draft, repository: Repository, found: Found) {
  const workflows = repository.files.flatMap((file) =>
    /^\.github\/workflows\/[^/]+\.ya?ml$/.test(file.path) ? (readWorkflow(file) ?? []) : [],
  );
  const own = workflows.find(({ jobs }) => jobs.some(({ steps }) => steps.some(isOwnStep)));
  const remarks = remarksOf({ ...found, replaced: replacedLogins(found, hostOf(draft)) });
  const config = { path: CONFIG_FILE, text: configText(draft, remarks) };
  return {
    config,
    ...(own === undefined && {
      workflow: { path: workflowPath(repository), text: workflowText(draft, []) },
    }),
    notes: [
      ...(own === undefined
        ? oldJobs(workflows, found)
        : [`${own.file} uses image-release already, so no workflow is proposed.`]),
      ...registryNotes(draft, repository, found),
      ...otherLogins(found, hostOf(draft)),
      ...environmentNotes(found),
      ...tokenNotes(draft),
      ...cacheNotes(draft, found),
      ...found.left.map(
        ({ place, what, advice }) =>
          `${place.file}${place.line === undefined ? '' : `:${place.line}`}: ${what}. ${advice}`,
      ),
    ],
  };
}

/** What became of the old way, told where the new one stands. */
function remarksOf({ replaced, left }: Found): string[] {
  if (replaced.length === 0 && left.length === 0) return [];
  return [
    ...(replaced.length === 0 ? [] : ['What replaces what:']),
    ...replaced.map(({ place, what, by }) => `  ${what} (${placeText(place)}) → ${by}`),
    ...(left.length === 0 ? [] : ['Not carried over:']),
    ...left.map(({ place, what, advice }) => `  ${what} (${placeText(place)}): ${advice}`),
  ];
}

function placeText({ file, line }: { file: string; line?: number }): string {
  return line === undefined ? file : `${file}:${line}`;
}

/** Two workflows would both publish, and both deploy. */
function oldJobs(workflows: readonly Workflow[], { replaced, images }: Found): string[] {
  const files = new Set([...replaced, ...images].map(({ place }) => place.file));
  const old = workflows.filter((workflow) => files.has(workflow.file) || concernsImages(workflow));
  return old.map(
    ({ file }) =>
      `${file} builds images, too: remove its build and deploy jobs in the same commit, or both would publish and deploy.`,
  );
}

const WORKFLOW_NAMES = ['build-push', 'image-release', 'release-images'];

/** A name that is free: what is there is left alone. */
function workflowPath({ paths }: Repository): string {
  const free = (name: string) =>
    !paths.some((path) => [`.github/workflows/${name}.yml`, `.github/workflows/${name}.yaml`].includes(path));
  const name = WORKFLOW_NAMES.find(free);
  if (name !== undefined) return `.github/workflows/${name}.yml`;
  let number = 2;
  while (!free(`${WORKFLOW_NAMES[0]}-${number}`)) number += 1;
  return `.github/workflows/${WORKFLOW_NAMES[0]}-${number}.yml`;
}

/** The rules of all images where they are the same. */
function commonRules(images: readonly Pick<FoundImage, 'tags'>[]): string[] | undefined {
  const [first] = images;
  if (first === undefined) return [];
  const same = images.every(({ tags }) => tags.join('\n') === first.tags.join('\n'));
  return same ? first.tags : undefined;
}

function bakeOf({ bakes }: Found): Pick<Draft, 'bake'> {
  if (bakes.length === 0) return {};
  return {
    bake: {
      files: [...new Set(bakes.flatMap(({ files }) => files))],
      targets: [...new Set(bakes.flatMap(({ targets }) => targets))],
    },
  };
}

function cacheOf(images: readonly FoundImage[]): Pick<Draft, 'cache'> {
  const kinds = new Set(images.map(({ cache }) => cache));
  if (kinds.size !== 1) return {};
  const [kind] = kinds;
  if (kind === 'none') return { cache: { type: 'none' } };
  if (kind !== 'registry') return {};
  const references = new Set(images.map(({ cacheRef }) => cacheRef));
  const [ref] = references;
  return { cache: { type: 'registry', ...(references.size === 1 && ref !== undefined && { ref }) } };
}

function attestOf({ images, sign }: Found, registry: string): Draft['attest'] {
  const all = <Value>(of: (image: FoundImage) => Value | undefined): Value | undefined => {
    const values = new Set(images.map(of));
    return values.size === 1 ? [...values][0] : undefined;
  };
  const provenance = all((image) => image.provenance);
  const host = hostOf({ registry });
  // Where only a registry nearby is reached, the scanner of Docker Hub may not be.
  const nearby = isLoopback(host) ? 'off' : isPrivate(host) ? 'best-effort' : undefined;
  const sbom = all((image) => image.sbom) ?? nearby;
  return {
    ...(provenance !== undefined && { provenance }),
    ...(sbom !== undefined && sbom !== 'on' && { sbom }),
    ...(sign !== undefined && { sign }),
  };
}

/** Version tags alone, or branches alone, where releases of both are published and only those are deployed today. */
function deployOnOf({ updates, triggers }: Found): Pick<Draft, 'deployOn'> {
  const events = new Set(updates.flatMap((update) => update.events));
  if (triggers === undefined || events.size === 0) return {};
  if (events.size === 1 && events.has('tag')) return triggers.branches.length > 0 ? { deployOn: 'tag' } : {};
  return !events.has('tag') && triggers.tags.length > 0 ? { deployOn: 'branch' } : {};
}

function deployOnRemark(found: Found): string[] {
  const { deployOn } = deployOnOf(found);
  if (deployOn === undefined) return [];
  const what = { tag: 'version tags', branch: 'branches' }[deployOn];
  return [`The workflow deploys ${what} alone, as before; by hand, \`--no-deploy\` leaves it out.`];
}

/** Registries that a step of their cloud logs in to. */
const OF_CLOUDS = /\.ecr\.[\w-]+\.amazonaws\.com|\.pkg\.dev\/|(?:^|\.)gcr\.io\/|\.azurecr\.io/;

function loginOf(logins: readonly FoundLogin[], registry: string): { login?: FoundLogin } {
  const host = hostOf({ registry });
  const login = logins.find((each) => each.host === host);
  const isKnown = login?.username !== undefined || login?.password !== undefined;
  return login === undefined || !isKnown || host === 'ghcr.io' ? {} : { login };
}

/** Entries that are missing, or say another name: what they have to be called for the manifests' sake. */
function withAdded(
  { matches, entries, follower: _, ...deploy }: ChosenDeploys['deploys'][number],
  names: Readonly<Record<string, string>>,
): DraftDeploy {
  const added: Record<string, string> = {};
  const remarks = [...deploy.remarks];
  for (const { key, shown } of matches) {
    const name = names[key]!;
    if (entries.some(({ gives }) => isSameImage(gives, name))) continue;
    const entry = entries.find(({ gives }) => isSameImage(gives, shown));
    const wanted = entry?.name ?? shown;
    added[key] = isSameImage(wanted, name) ? '' : wanted;
    remarks.push(
      entry === undefined
        ? `There is no entry for ${wanted} yet: the first release adds it${hasHost(wanted) && !isSameImage(wanted, name) ? `, and points it to ${name}` : ''}.`
        : `The entry ${wanted} deploys ${entry.gives} today: the first release points it to ${name}.`,
    );
  }
  return Object.keys(added).length === 0 ? deploy : { ...deploy, added, remarks };
}
