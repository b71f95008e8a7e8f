import { failure } from '../lib/errors.js';
import { isLoopback, isPrivate } from '../lib/loopback.js';
import { hasHost } from '../plan/references.js';
import { isOwnStep } from '../preflight/workflows/uses.js';
import { readWorkflow } from '../preflight/workflows/workflow.js';
import type { ScaffoldFile } from '../templates/write-files.js';
import { configText } from './config-text.js';
import { deployRemarks, findOtherManifests } from './deploy-remarks.js';
import type { PassedDockerfile } from './dockerfiles.js';
import { chooseDeploys, type ChosenDeploy } from './draft-deploys.js';
import { findOwnBases, listImages, namesOfBases, onOwnBases } from './draft-images.js';
import type { Draft, DraftDeploy, DraftImage } from './draft.js';
import { findFollowers } from './followers.js';
import type { Found, FoundImage, Repository } from './found.js';
import { isSameImage, matchImages } from './image-matches.js';
import { nameImages } from './image-names.js';
import { findKustomizations } from './kustomizations.js';
import { deployTokenOf, grouped, oldWorkflows, overridden, registryNotes, tokenNotes } from './notes.js';
import { EMULATION, workflowText } from './workflow-text.js';

/** What `init` would write, and what it has to say about it. */
export interface Proposal {
  config: ScaffoldFile;
  /** Undefined: a workflow of the repository uses this action already. */
  workflow?: ScaffoldFile;
  draft: Draft;
  /** Dockerfiles that are left out. */
  passed: PassedDockerfile[];
  /** What a user has to do, one sentence each. */
  notes: string[];
}

export const CONFIG_FILE = 'image-release.yml';

/**
 * Proposes configuration and workflow for a repository. Pure.
 * @param found what it does today
 * @throws ReleaseError `scaffold/no-image`, `scaffold/registry-unknown`
 */
export function propose(repository: Repository, found: Found, wishes: { registry?: string } = {}): Proposal {
  const { images: listed, passed } = listImages(repository, found);
  if (listed.length + found.bakes.length === 0)
    throw failure({
      code: 'scaffold/no-image',
      message: 'There is nothing here that an image is made of: no Dockerfile, no bake or compose file.',
      fix: 'Write a Dockerfile first; files that git ignores are not looked at.',
      ...(found.left.length > 0 && { detail: grouped(found.left).join('\n') }),
    });
  const known = listed.map((image) => image.known);
  const followers = findFollowers(repository);
  const { found: kustomizations, refused } = findKustomizations(repository, followers.here);
  const isRead = found.images.length + found.bakes.length > 0;
  const isUnread = !isRead && found.left.some((each) => each.isUnread);
  const isNew = !isRead && found.left.length === 0;
  const chosen = chooseDeploys(kustomizations, known, { ...repository, updates: found.updates, isNew });
  const others = chosen.deploys.length > 0 ? [] : findOtherManifests(repository);
  const named = matchImages(known, others, repository.name);
  const bases = findOwnBases(listed, repository);
  const matches = [
    ...chosen.deploys.flatMap((deploy) => deploy.matches),
    ...chosen.others,
    ...named,
    ...namesOfBases(bases),
  ];
  const manifests = others.filter(({ image }) => named.some(({ shown }) => shown === image));
  const around = { kustomizations, refused, elsewhere: followers.elsewhere, manifests };
  const { registry, names } = nameImages(known, matches, {
    ...wishes,
    ...(isUnread && { fallback: 'registry.invalid' }),
    ...(repository.name !== undefined && { repository: repository.name }),
    ...(repository.origin !== undefined && { origin: repository.origin }),
  });
  const rules = commonRules([...found.images, ...found.bakes]);
  const given = found.bakes.flatMap(({ released }) =>
    released.flatMap((each) => (each.isGiven ? each.name : [])),
  );
  const images = listed.map(({ known: _, ...image }, index): DraftImage => {
    const tags = image.from === 'images' ? found.images[index]?.tags : undefined;
    const isWritten = image.from === 'images' || given.includes(image.key);
    return {
      ...onOwnBases(image, bases),
      ...(isWritten && { image: names[image.key]! }),
      ...(rules === undefined && tags !== undefined && tags.length > 0 && { tags }),
    };
  });
  const deployOn = deployOnOf(found);
  const host = registry.split('/')[0]!;
  const login = found.logins.find((each) => each.host === host);
  const isKnown = login?.username !== undefined || login?.password !== undefined;
  const draft: Draft = {
    ...{ registry, images, tags: rules ?? [], flavor: (found.images[0] ?? found.bakes[0])?.flavor ?? [] },
    ...(found.bakes.length > 0 && {
      bake: {
        files: [...new Set(found.bakes.flatMap(({ files }) => files))],
        targets: [...new Set(found.bakes.flatMap(({ targets }) => targets))],
      },
    }),
    ...cacheOf(found.images),
    attest: attestOf(found, host),
    deploys: chosen.deploys.map((deploy) => withAdded(deploy, names)),
    deployRemarks: [
      ...(isNew && chosen.deploys.some(({ remarks }) => !remarks.some((each) => /ollowed by/.test(each)))
        ? ['Nothing here says who deploys this: a release commits its tags to it.']
        : []),
      ...deployRemarks(chosen, around, repository),
    ],
    ...(deployOn !== undefined && { deployOn }),
    triggers: found.triggers ?? {
      branches: [repository.defaultBranch],
      tags: [],
      pullRequest: false,
      schedule: [],
    },
    ...(login !== undefined && isKnown && host !== 'ghcr.io' && { login }),
    keptLogins: host === 'ghcr.io' ? [] : found.keptLogins,
    ...emulationOf(found),
    checkout: checkoutOf(repository, found, images),
    ...deployTokenOf(found),
    ...{ environment: found.environment, furtherTags: found.furtherTags },
  };
  return {
    draft,
    passed,
    ...textsOf(draft, repository, found, overridden(chosen.deploys, names, repository)),
  };
}

/** Runners are of one platform; a bake file may name others. */
function emulationOf({ images, bakes, emulation }: Found): Pick<Draft, 'emulation'> {
  const isForeign = images.some(({ platforms }) =>
    platforms.some((platform) => !/^linux\/(?:amd64|386)\b/.test(platform)),
  );
  if (isForeign) return { emulation: emulation ?? EMULATION };
  return bakes.length > 0 && emulation !== undefined ? { emulation } : {};
}

function textsOf(draft: Draft, repository: Repository, found: Found, hidden: readonly string[]) {
  const workflows = repository.files.flatMap((file) =>
    /^\.github\/workflows\/[^/]+\.ya?ml$/.test(file.path) ? (readWorkflow(file) ?? []) : [],
  );
  const own = workflows.find(({ jobs }) => jobs.some(({ steps }) => steps.some(isOwnStep)));
  return {
    config: { path: CONFIG_FILE, text: configText(draft) },
    ...(own === undefined && { workflow: { path: workflowPath(repository), text: workflowText(draft) } }),
    notes: [
      ...(own === undefined
        ? oldWorkflows(workflows, found)
        : [`${own.file} uses image-release already, so no workflow is proposed.`]),
      ...registryNotes(draft, repository, found),
      ...tokenNotes(draft, found),
      ...grouped(found.left),
      ...hidden,
    ],
  };
}

const WORKFLOW_NAMES = [
  'build-push',
  'image-release',
  'release-images',
  'image-release-2',
  'image-release-3',
];

/** A name that is free. */
function workflowPath({ paths }: Repository): string {
  const name = WORKFLOW_NAMES.find(
    (each) =>
      !paths.some((path) =>
        [`.github/workflows/${each}.yml`, `.github/workflows/${each}.yaml`].includes(path),
      ),
  );
  return `.github/workflows/${name ?? 'image-release-4'}.yml`;
}

/** The rules of all images if they are the same. */
function commonRules(images: readonly Pick<FoundImage, 'tags'>[]): string[] | undefined {
  const [first] = images;
  if (first === undefined) return [];
  return images.every(({ tags }) => tags.join('\n') === first.tags.join('\n')) ? first.tags : undefined;
}

function cacheOf(images: readonly FoundImage[]): Pick<Draft, 'cache'> {
  if (images.length === 0 || images.some(({ cache }) => cache !== 'registry')) return {};
  const references = new Set(images.map(({ cacheRef }) => cacheRef));
  const [ref] = references;
  return { cache: { type: 'registry', ...(references.size === 1 && ref !== undefined && { ref }) } };
}

function attestOf({ images: [first], sign }: Found, host: string): Draft['attest'] {
  // If only a registry nearby is reached, the scanner of Docker Hub may not be.
  const nearby = isLoopback(host) ? 'off' : isPrivate(host) ? 'best-effort' : undefined;
  const sbom = first?.sbom ?? nearby;
  return {
    ...(first?.provenance !== undefined && { provenance: first.provenance }),
    ...(sbom !== undefined && sbom !== 'on' && { sbom }),
    ...(sign !== undefined && { sign }),
  };
}

/** Version tags alone, or branches alone, if releases of both are published and only those are deployed today. */
function deployOnOf({ updates, triggers }: Found): Draft['deployOn'] {
  const events = new Set(updates.flatMap((update) => update.events));
  if (triggers === undefined || events.size === 0) return undefined;
  if (events.size === 1 && events.has('tag')) return triggers.branches.length > 0 ? 'tag' : undefined;
  return !events.has('tag') && triggers.tags.length > 0 ? 'branch' : undefined;
}

/** A checkout leaves these out by default: an image would get empty folders, or pointers instead of files. */
function checkoutOf({ files }: Repository, found: Found, images: readonly DraftImage[]): Draft['checkout'] {
  if (found.images.length + found.bakes.length > 0) return {};
  const modules = files.find(({ path }) => path === '.gitmodules')?.text ?? '';
  const isRead = ([, folder]: RegExpMatchArray) =>
    images.some(
      ({ context }) =>
        context === '.' || `${folder}/`.startsWith(`${context}/`) || context.startsWith(`${folder}/`),
    );
  const isLarge = files.some(
    ({ path, text }) => /(?:^|\/)\.gitattributes$/.test(path) && /^[^#\n]*\sfilter=lfs\b/m.test(text),
  );
  return {
    ...([...modules.matchAll(/^\s*path\s*=\s*(.+?)\s*$/gm)].some(isRead) && { submodules: 'recursive' }),
    ...(isLarge && { lfs: 'true' }),
  };
}

/** Entries that are missing, or have another name: what they have to be called for the manifests' sake. */
function withAdded(
  { matches, entries, ...deploy }: ChosenDeploy,
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
