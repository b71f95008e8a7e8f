import { failure } from '../lib/errors.js';
import { isLoopback, isPrivate } from '../lib/loopback.js';
import { isOwnStep, readWorkflow } from '../preflight/workflows.js';
import type { ScaffoldFile } from '../templates/write-files.js';
import { configText } from './config-text.js';
import type { PassedDockerfile } from './dockerfiles.js';
import { chooseDeploys, findOtherManifests, withMissingEntries } from './draft-deploys.js';
import { findOwnBases, listImages } from './draft-images.js';
import type { Draft, DraftImage, Found, FoundImage, Repository } from './found.js';
import { matchImages, nameImages } from './image-names.js';
import { findKustomizations } from './kustomizations.js';
import { grouped, noDeployRemarks, notesOf, oldWorkflows, registryNotes, tokenNotes, tokenOf } from './notes.js';
import { EMULATION, workflowText } from './workflow-text.js';

/** The files that `init` would write, and what a user has to do. */
export interface Proposal {
  config: ScaffoldFile;
  /** Undefined: a workflow of the repository uses this action already. */
  workflow?: ScaffoldFile;
  draft: Draft;
  passed: PassedDockerfile[];
  replaced: string[];
  notes: string[];
}

export const CONFIG_FILE = 'image-release.yml';
const WORKFLOW_FILE = '.github/workflows/image-release.yml';

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
      message: 'This repository has no Dockerfile and no bake or compose file that a workflow builds.',
      detail: found.left.length > 0 ? grouped(found.left).join('\n') : undefined,
    });
  const { found: kustomizations, refused } = findKustomizations(repository);
  const isRead = found.images.length + found.bakes.length > 0;
  const isUnread = !isRead && found.left.some((each) => each.isUnread);
  const isNew = !isRead && found.left.length === 0;
  const chosen = chooseDeploys(kustomizations, { ...repository, images: listed, updates: found.updates, isNew });
  const manifests = chosen.deploys.length > 0 ? [] : findOtherManifests(repository);
  const named = matchImages(listed, manifests, repository.name);
  const bases = findOwnBases(listed, repository);
  const ofBases = bases.map(({ base, name }) => ({ key: base, shown: name }));
  const { registry, names } = nameImages(
    listed,
    [...chosen.deploys.flatMap((deploy) => deploy.matches), ...chosen.others, ...named, ...ofBases],
    { ...repository, ...wishes, fallback: isUnread ? 'registry.invalid' : undefined },
  );
  const rules = commonRules([...found.images, ...found.bakes]);
  const given = found.bakes.flatMap(({ released }) => released.flatMap((each) => (each.isGiven ? each.name : [])));
  const images = listed.map(({ words: _, remarks: __, ...image }, index): DraftImage => {
    const isWritten = image.from === 'images' || given.includes(image.key);
    const own = bases.flatMap(({ key, reference, base }) =>
      key === image.key ? [[reference.replace(/:latest$/, ''), `image:${base}`]] : [],
    );
    return {
      ...image,
      contexts: { ...image.contexts, ...(Object.fromEntries(own) as Record<string, string>) },
      image: isWritten ? names[image.key]! : undefined,
      tags: rules === undefined && image.from === 'images' ? found.images[index]?.tags : undefined,
    };
  });
  const host = registry.split('/')[0]!;
  const login = found.logins.find((each) => each.host === host);
  const token = tokenOf(found);
  const { environment, furtherTags, bakes } = found;
  const bake = {
    files: [...new Set(bakes.flatMap(({ files }) => files))],
    targets: [...new Set(bakes.flatMap(({ targets }) => targets))],
  };
  const draft: Draft = {
    ...{ registry, images, environment, furtherTags },
    tags: rules ?? [],
    flavor: (found.images[0] ?? bakes[0])?.flavor ?? [],
    bake: bakes.length > 0 ? bake : undefined,
    cache: found.cache === 'registry' ? 'registry' : undefined,
    attest: attestOf(found, host),
    deploys: chosen.deploys.map((deploy) => withMissingEntries(deploy, names)),
    deployOn: deployOnOf(found),
    triggers: found.triggers ?? { branches: [repository.defaultBranch], tags: [], pullRequest: false, schedule: [] },
    login: host === 'ghcr.io' ? undefined : login,
    keptLogins: host === 'ghcr.io' ? [] : found.keptLogins,
    emulation: emulationOf(found),
    checkout: checkoutOf(repository, found),
    deployToken: token?.startsWith('${{ secrets.') ? token : undefined,
  };
  const workflows = repository.files.flatMap((file) =>
    /^\.github\/workflows\/[^/]+\.ya?ml$/.test(file.path) ? (readWorkflow(file) ?? []) : [],
  );
  const own = workflows.find(({ jobs }) => jobs.some(({ steps }) => steps.some(isOwnStep)));
  const files = manifests.filter(({ image }) => named.some(({ shown }) => shown === image)).map(({ file }) => file);
  return {
    ...{ draft, passed, replaced: found.replaced },
    config: { path: CONFIG_FILE, text: configText(draft) },
    workflow: own === undefined ? { path: WORKFLOW_FILE, text: workflowText(draft) } : undefined,
    notes: notesOf([
      ...(own === undefined
        ? oldWorkflows(workflows, found)
        : [`${own.file} uses image-release already, so no workflow is proposed.`]),
      ...registryNotes(draft, repository, found),
      ...tokenNotes(draft, token),
      isUnread &&
        'init did not read how these images are built. Remove those that are not released, and compare names and tags.',
      ...listed.flatMap(({ key, remarks }) => remarks.map((remark) => `${key}: ${remark}`)),
      ...draft.deploys.flatMap(({ kustomization, remarks }) => remarks.map((remark) => `${kustomization}: ${remark}`)),
      ...chosen.remarks,
      ...refused,
      ...(chosen.deploys.length + chosen.remarks.length === 0
        ? noDeployRemarks(kustomizations, [...new Set(files)], repository)
        : []),
      ...grouped(found.left),
    ]),
  };
}

/** The runner has one platform; a bake file may name others. */
function emulationOf({ images, bakes, emulation }: Found): string | undefined {
  const isForeign = images.some(({ platforms }) =>
    platforms.some((platform) => !/^linux\/(?:amd64|386)\b/.test(platform)),
  );
  return isForeign ? (emulation ?? EMULATION) : bakes.length > 0 ? emulation : undefined;
}

function commonRules(images: readonly Pick<FoundImage, 'tags'>[]): string[] | undefined {
  const [first] = images;
  if (first === undefined) return [];
  return images.every(({ tags }) => tags.join('\n') === first.tags.join('\n')) ? first.tags : undefined;
}

function attestOf(found: Found, host: string): Draft['attest'] {
  // If only a registry nearby can be reached, the scanner of Docker Hub may be out of reach.
  const nearby = isLoopback(host) ? 'off' : isPrivate(host) ? 'best-effort' : undefined;
  const sbom = found.sbom ?? nearby;
  return { provenance: found.provenance, sbom: sbom === 'on' ? undefined : sbom, sign: found.sign };
}

/** Version tags alone, or branches alone, if releases of both are published and only those are deployed today. */
function deployOnOf({ updates, triggers }: Found): Draft['deployOn'] {
  const events = new Set(updates.flatMap((update) => update.events));
  if (triggers === undefined || events.size === 0) return undefined;
  if (events.size === 1 && events.has('tag')) return triggers.branches.length > 0 ? 'tag' : undefined;
  return !events.has('tag') && triggers.tags.length > 0 ? 'branch' : undefined;
}

/** A checkout leaves submodules and large files out by default, which an image may copy. */
function checkoutOf({ files }: Repository, found: Found): Draft['checkout'] {
  if (found.images.length + found.bakes.length > 0) return {};
  const isLarge = files.some(
    ({ path, text }) => /(?:^|\/)\.gitattributes$/.test(path) && /^[^#\n]*\sfilter=lfs\b/m.test(text),
  );
  return {
    ...(files.some(({ path }) => path === '.gitmodules') && { submodules: 'recursive' }),
    ...(isLarge && { lfs: 'true' }),
  };
}
