import { problem, collect, problemsOf, type Place, type Problem } from '../lib/errors.js';
import type { PlannedDeploy } from '../plan/plan.js';
import type { ImageChange, Rollout, SupersededImage, TargetChange, TargetFile, Snapshot } from './target.js';
import { unifiedDiff } from './diff.js';
import type { KustomizationDocument, KustomizationEntry } from './kustomization/document.js';
import { releaseEdit, editKustomization, readKustomization } from './kustomization/kustomization.js';
import { matchEntries } from './kustomization/match.js';
import { locateKustomizations } from './kustomization/location.js';

export type ActiveDeploy = Extract<PlannedDeploy, { status: 'deploy' }>;

/** One Kustomization of a deploy at the branch's head, or why there is none to edit. */
export type ReadKustomization =
  | { status: 'read'; deploy: ActiveDeploy; path: string; file: TargetFile }
  | { status: 'problem'; deploy: ActiveDeploy; problem: Problem };

export interface DeployOutcome {
  deploy: ActiveDeploy;
  path: string;
  images: string[];
  /** Entries that change; empty: all of them are as wanted. */
  changes: ImageChange[];
  diff: string;
  superseded: SupersededImage[];
}

export interface ImageMatch {
  deploy: ActiveDeploy;
  path: string;
  image: Rollout;
  /** Empty: an entry will be added. */
  entries: MatchedEntry[];
}

export type MatchedEntry = Pick<KustomizationEntry, 'name' | 'newTag' | 'digest'> & { place: Place };

export interface WantedImage {
  match: ImageMatch;
  tag: string;
  digest?: string;
}

/** In files of a pattern, one must have an entry for the image; else it is a problem, or added to all on request. */
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
      // Reported once per file, not once per image and deploy.
      const document = collect(unreadable.has(item.path) ? [] : problems, () => documentOf(item));
      if (!document) unreadable.add(item.path);
      return document ? [document] : [];
    });
    for (const image of imagesOf(deploy)) {
      const found: ImageMatch[] = [];
      const missing: { match: ImageMatch; problem: Problem }[] = [];
      for (const document of documents) {
        const match: ImageMatch = { deploy, path: document.path, image, entries: [] };
        const matched = matchEntries(document, image.image);
        if (matched.status === 'found')
          found.push({ ...match, entries: matched.entries.map((entry) => entryIn(document, entry)) });
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

function entryIn(document: KustomizationDocument, { name, newTag, digest, offset }: KustomizationEntry): MatchedEntry {
  return { name, newTag, digest, place: document.placeOf(offset) };
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

/** Writes images into Kustomizations as they were just read. If one is refused, the others are still checked. */
export function editFiles(
  kustomizations: readonly ReadKustomization[],
  deploys: readonly ActiveDeploy[],
  wanted: readonly WantedImage[],
): FileEdits {
  const edits: FileEdits = { files: [], parts: new Map(), problems: [] };
  const edited = new Map<string, { file: TargetFile; bytes: Uint8Array }>();
  for (const item of kustomizations) {
    if (item.status === 'problem') continue;
    const { deploy, path, file } = item;
    const before = edited.get(path)?.bytes ?? file.bytes;
    const own = wanted.filter(({ match }) => match.deploy === deploy && match.path === path);
    const { bytes, changes, problems } = editFile(path, before, own);
    edits.problems.push(...problems);
    edited.set(path, { file, bytes });
    const diff = unifiedDiff(path, textOf(before), textOf(bytes));
    edits.parts.set(keyOfPart(deploys.indexOf(deploy), path), { changes, diff });
  }
  for (const [path, { file, bytes }] of edited) {
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
      problems.push(...problemsOf(error).map((each) => ({ image: key, ...each })));
    }
  }
  return { bytes: current, changes, problems };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** Finds and reads the Kustomizations of all deploys at one commit, in the order of the deploys. */
export async function readKustomizations(
  snapshot: Snapshot,
  deploys: readonly ActiveDeploy[],
): Promise<ReadKustomization[]> {
  const paths = await snapshot.list();
  const located = deploys.map((deploy) => ({
    deploy,
    location: locateKustomizations(deploy.target.kustomization, paths),
  }));
  const files = await snapshot.readAll([
    ...new Set(located.flatMap(({ location }) => (location.status === 'found' ? location.paths : []))),
  ]);
  return located.flatMap(({ deploy, location }): ReadKustomization[] => {
    if (location.status === 'problem') {
      return [{ status: 'problem', deploy, problem: { place: deploy.place, ...location.problem } }];
    }
    return location.paths.map((path) => {
      const file = files.get(path);
      if (!file) throw new Error(`${path} is listed at ${snapshot.head} but can't be read`);
      return file.mode === '120000'
        ? { status: 'problem', deploy, problem: symlinkProblem(path, file) }
        : { status: 'read', deploy, path, file };
    });
  });
}

function symlinkProblem(path: string, file: TargetFile): Problem {
  const link = Buffer.from(file.bytes).toString('utf8');
  return problem({
    code: 'deploy/kustomization-missing',
    message: `${path} is a symbolic link to ${link}; an edit would replace the link by a file.`,
    fix: 'Set deploy.kustomization to the file that it points to.',
    place: { file: path },
  });
}
