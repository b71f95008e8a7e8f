import { problem, ReleaseError, type Place, type Problem } from '../lib/errors.js';
import type { PlannedDeploy } from '../plan/plan.js';
import type { ImageChange, Rollout, SupersededImage } from './deployment.js';
import { unifiedDiff } from './diff.js';
import type { KustomizationDocument } from './kustomization/document.js';
import type { KustomizationEntry } from './kustomization/entry.js';
import { releaseEdit } from './kustomization/fields.js';
import { editKustomization, readKustomization } from './kustomization/kustomization.js';
import { matchEntries } from './kustomization/match.js';
import type { TargetChange, TargetFile } from './target.js';

export type ActiveDeploy = Extract<PlannedDeploy, { status: 'deploy' }>;

/** One Kustomization of a deploy at the branch's head, or why there is none to edit. */
export type ReadKustomization =
  | { status: 'read'; deploy: ActiveDeploy; path: string; file: TargetFile }
  | { status: 'problem'; deploy: ActiveDeploy; problem: Problem };

/** The result for one Kustomization. */
export interface DeployOutcome {
  deploy: ActiveDeploy;
  path: string;
  /** Keys of the images that are rolled out there. */
  images: string[];
  /** Entries that change; empty: all of them are as wanted. */
  changes: ImageChange[];
  /** Unified diff of this deploy's part. */
  diff: string;
  superseded: SupersededImage[];
}

/** An image in one Kustomization of a deploy. */
export interface ImageMatch {
  deploy: ActiveDeploy;
  path: string;
  image: Rollout;
  /** Empty: an entry will be added. */
  entries: MatchedEntry[];
}

export interface MatchedEntry {
  name: string;
  newTag?: string;
  digest?: string;
  place: Place;
}

/** The values that an image's entries in one Kustomization should get. */
export interface WantedImage {
  match: ImageMatch;
  tag: string;
  digest?: string;
}

/**
 * Looks for the images of each deploy in its Kustomizations. In files of a pattern an image needs an entry in
 * one of them; without any it is a problem, or added to all if the configuration wants that.
 */
export function findImageMatches(
  kustomizations: readonly ReadKustomization[],
  imagesOf: (deploy: ActiveDeploy) => readonly Rollout[],
): { imageMatches: ImageMatch[]; problems: Problem[] } {
  const imageMatches: ImageMatch[] = [];
  const problems: Problem[] = [];
  const unreadable = new Set<string>();
  for (const deploy of new Set(kustomizations.map((item) => item.deploy))) {
    const all = kustomizations.filter((item) => item.deploy === deploy);
    const documents = all.flatMap((item): KustomizationDocument[] => {
      if (item.status === 'problem') {
        problems.push(item.problem);
        return [];
      }
      try {
        return [documentOf(item)];
      } catch (error) {
        if (!(error instanceof ReleaseError)) throw error;
        // Once per file, not once per image and deploy.
        if (!unreadable.has(item.path)) problems.push(...error.problems);
        unreadable.add(item.path);
        return [];
      }
    });
    for (const image of imagesOf(deploy)) {
      const found: ImageMatch[] = [];
      const missing: { match: ImageMatch; problem: Problem }[] = [];
      for (const document of documents) {
        const match: ImageMatch = { deploy, path: document.path, image, entries: [] };
        const matched = matchEntries(document, image.image);
        if (matched.status === 'found')
          found.push({ ...match, entries: matched.entries.map((entry) => withPlace(document, entry)) });
        else if (matched.status === 'missing') missing.push({ match, problem: matched.problem });
        else problems.push({ image: image.key, ...matched.problem });
      }
      imageMatches.push(...found);
      if (found.length > 0 || missing.length < all.length) continue;
      if (deploy.target.missing === 'add') imageMatches.push(...missing.map(({ match }) => match));
      else problems.push(missingFrom(deploy, image, missing));
    }
  }
  return { imageMatches, problems };
}

/** A file that is needed for several images, or again for the plan, is parsed once. */
const documents = new WeakMap<TargetFile, KustomizationDocument>();

function documentOf({ path, file }: { path: string; file: TargetFile }): KustomizationDocument {
  const known = documents.get(file);
  if (known?.path === path) return known;
  const document = readKustomization({ path, bytes: file.bytes });
  documents.set(file, document);
  return document;
}

function withPlace(document: KustomizationDocument, entry: KustomizationEntry): MatchedEntry {
  const { name, newTag, digest } = entry;
  return { name, newTag, digest, place: document.placeOf(entry.offset) };
}

function missingFrom(
  deploy: ActiveDeploy,
  { key, image }: Rollout,
  missing: readonly { match: ImageMatch; problem: Problem }[],
): Problem {
  const [first, ...others] = missing;
  if (first && others.length === 0) return { image: key, ...first.problem };
  const paths = missing.map(({ match }) => match.path);
  const listed = paths.slice(0, 5).join(', ') + (paths.length > 5 ? ` and ${paths.length - 5} more` : '');
  return problem({
    code: 'deploy/entry-missing',
    message: `None of the ${paths.length} Kustomizations that match "${deploy.target.kustomization}" has an entry for ${image}: ${listed}.`,
    fix: `Add the entry to one of them (\`image-release set --add ${paths[0]} ${image}=:TAG\`), or correct the name of the image.`,
    place: deploy.place,
    image: key,
  });
}

/** Edits of files: those of several deploys, and of several images, on one file add up. */
export interface FileEdits {
  files: TargetChange['files'];
  /** By `keyOfPart`: what one deploy changes in one Kustomization. */
  parts: Map<string, { changes: ImageChange[]; diff: string }>;
  problems: Problem[];
}

export function keyOfPart(deployIndex: number, path: string): string {
  return `${deployIndex} ${path}`;
}

/**
 * Writes images into Kustomizations as they were just read. If one is refused, the others are still checked.
 */
export function editFiles(
  kustomizations: readonly ReadKustomization[],
  deploys: readonly ActiveDeploy[],
  wanted: readonly WantedImage[],
): FileEdits {
  const edits: FileEdits = { files: [], parts: new Map(), problems: [] };
  const current = new Map<string, Uint8Array>();
  const original = new Map<string, TargetFile>();
  for (const item of kustomizations) {
    if (item.status === 'problem') continue;
    const { deploy, path, file } = item;
    if (!original.has(path)) original.set(path, file);
    const before = current.get(path) ?? file.bytes;
    const edited = editFile(
      path,
      before,
      wanted.filter(({ match }) => match.deploy === deploy && match.path === path),
    );
    edits.problems.push(...edited.problems);
    current.set(path, edited.bytes);
    const diff = edited.changes.length === 0 ? '' : unifiedDiff(path, textOf(before), textOf(edited.bytes));
    edits.parts.set(keyOfPart(deploys.indexOf(deploy), path), { changes: edited.changes, diff });
  }
  for (const [path, bytes] of current) {
    const file = original.get(path) as TargetFile;
    if (!Buffer.from(file.bytes).equals(bytes)) edits.files.push({ path, bytes, mode: file.mode });
  }
  return edits;
}

function editFile(path: string, bytes: Uint8Array, wanted: readonly WantedImage[]) {
  const changes: ImageChange[] = [];
  const problems: Problem[] = [];
  let current = bytes;
  for (const { match, tag, digest } of wanted) {
    const { key, image } = match.image;
    const { pin, names } = match.deploy.target;
    const missing = match.entries.length === 0 ? 'add' : 'refuse';
    const entries = missing === 'add' ? [{ name: names?.[key] ?? image }] : match.entries;
    try {
      const edited = editKustomization({
        path,
        bytes: current,
        edits: entries.map((entry) => ({
          ...releaseEdit(entry, { tag, digest }, pin),
          ...(missing === 'add' && entry.name !== image && { newName: image }),
        })),
        missing,
      });
      if (edited.status === 'unchanged') continue;
      current = edited.bytes;
      for (const { name, before = name, after } of edited.changes) changes.push({ key, name, before, after });
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error;
      problems.push(...error.problems.map((each) => ({ image: key, ...each })));
    }
  }
  return { bytes: current, changes, problems };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
