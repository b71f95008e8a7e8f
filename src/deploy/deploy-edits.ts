import { ReleaseError, type Place, type Problem } from '../lib/errors.js';
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

/** One Kustomization of a deploy as it stands on the branch, or why there is none to edit. */
export type ReadKustomization =
  | { status: 'read'; deploy: ActiveDeploy; path: string; file: TargetFile }
  | { status: 'problem'; deploy: ActiveDeploy; problem: Problem };

/** What becomes of one Kustomization. */
export interface DeployOutcome {
  deploy: ActiveDeploy;
  path: string;
  /** Keys of the images that are rolled out there. */
  images: string[];
  /** Entries that change; empty: it all stands there already. */
  changes: ImageChange[];
  /** Unified diff of this deploy's part. */
  diff: string;
  superseded: SupersededImage[];
}

/** Where an image stands in one Kustomization of a deploy. */
export interface Sight {
  deploy: ActiveDeploy;
  path: string;
  image: Rollout;
  /** Empty: an entry will be added. */
  entries: SeenEntry[];
}

export interface SeenEntry {
  name: string;
  newTag?: string;
  digest?: string;
  place: Place;
}

/**
 * Looks for the images of each deploy in its Kustomizations. In files of a pattern an image needs an entry in
 * one of them; without any it is a problem, or added to all where the configuration wants that.
 * @param imagesOf what is to be looked for
 */
export function findSights(
  kustomizations: readonly ReadKustomization[],
  imagesOf: (deploy: ActiveDeploy) => readonly Rollout[],
): { sights: Sight[]; problems: Problem[] } {
  const sights: Sight[] = [];
  const problems: Problem[] = [];
  const unreadable = new Set<string>();
  for (const deploy of new Set(kustomizations.map((item) => item.deploy))) {
    const all = kustomizations.filter((item) => item.deploy === deploy);
    const files = all.flatMap((item) => {
      if (item.status === 'read') {
        // What is wrong with a file as a whole is told once, not once per image and deploy.
        const refusal = refusalOf(item);
        if (refusal === undefined) return [item];
        if (!unreadable.has(item.path)) problems.push(...refusal);
        unreadable.add(item.path);
        return [];
      }
      problems.push(item.problem);
      return [];
    });
    for (const image of imagesOf(deploy)) {
      const looks = files.map((file) => look(file, image));
      const found = looks.flatMap((item) => (item.status === 'found' ? [item.sight] : []));
      const missing = looks.flatMap((item) => (item.status === 'missing' ? [item] : []));
      for (const item of looks) if (item.status === 'refused') problems.push(...item.problems);
      sights.push(...found);
      if (found.length > 0 || missing.length < all.length) continue;
      if (deploy.target.missing === 'add') sights.push(...missing.map(({ sight }) => sight));
      else problems.push(...missingFrom(deploy, image, missing));
    }
  }
  return { sights, problems };
}

type Look =
  | { status: 'found'; sight: Sight }
  | { status: 'missing'; sight: Sight; problem: Problem }
  | { status: 'refused'; problems: Problem[] };

function look({ deploy, path, file }: Extract<ReadKustomization, { status: 'read' }>, image: Rollout): Look {
  try {
    const document = documentOf(path, file);
    const entries = matchEntries(document, image.image).map((entry) => seen(document, entry));
    return { status: 'found', sight: { deploy, path, image, entries } };
  } catch (error) {
    const problems = problemsIn(error, image);
    const [first] = problems;
    return first?.code === 'deploy/entry-missing'
      ? { status: 'missing', sight: { deploy, path, image, entries: [] }, problem: first }
      : { status: 'refused', problems };
  }
}

function refusalOf({ path, file }: { path: string; file: TargetFile }): readonly Problem[] | undefined {
  try {
    documentOf(path, file);
    return undefined;
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    return error.problems;
  }
}

/** A file that is looked at for several images, or once more on the way to a plan, is parsed once. */
const documents = new WeakMap<TargetFile, KustomizationDocument>();

function documentOf(path: string, file: TargetFile): KustomizationDocument {
  const known = documents.get(file);
  if (known?.path === path) return known;
  const document = readKustomization({ path, bytes: file.bytes });
  documents.set(file, document);
  return document;
}

function seen(document: KustomizationDocument, entry: KustomizationEntry): SeenEntry {
  const { name, newTag, digest } = entry;
  return { name, newTag, digest, place: document.placeOf(entry.offset) };
}

function missingFrom(
  deploy: ActiveDeploy,
  { key, image }: Rollout,
  missing: readonly { sight: Sight; problem: Problem }[],
): Problem[] {
  if (missing.length < 2) return missing.map(({ problem }) => problem);
  const paths = missing.map(({ sight }) => sight.path);
  const listed = paths.slice(0, 5).join(', ') + (paths.length > 5 ? ` and ${paths.length - 5} more` : '');
  return [
    {
      code: 'deploy/entry-missing',
      severity: 'error',
      message: `None of the ${paths.length} Kustomizations that match "${deploy.target.kustomization}" has an entry for ${image}: ${listed}.`,
      fix: `Add the entry to one of them (\`image-release set --add ${paths[0]} ${image}=:TAG\`), or correct the name of the image.`,
      place: deploy.place,
      image: key,
    },
  ];
}

/** What an image's entries in one Kustomization are to say. */
export interface WantedImage {
  sight: Sight;
  tag: string;
  digest?: string;
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
 * Writes images into Kustomizations as they were just read. A refusal leaves the others to be checked too.
 * @param wanted sights are grouped by deploy, in the order of `deploys`
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
      wanted.filter(({ sight }) => sight.deploy === deploy && sight.path === path),
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
  for (const { sight, tag, digest } of wanted) {
    const { key, image } = sight.image;
    const { pin, names } = sight.deploy.target;
    const missing = sight.entries.length === 0 ? 'add' : 'refuse';
    const entries = missing === 'add' ? [{ name: names?.[key] ?? image }] : sight.entries;
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
      problems.push(...problemsIn(error, sight.image));
    }
  }
  return { bytes: current, changes, problems };
}

function problemsIn(error: unknown, { key }: Rollout): Problem[] {
  if (!(error instanceof ReleaseError)) throw error;
  return error.problems.map((problem) => ({ image: key, ...problem }));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
