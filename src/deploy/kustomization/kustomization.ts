import { isDeepStrictEqual } from 'node:util';
import { failure, throwProblems, collect, type Problem } from '../../lib/errors.js';
import { checkImageEdit, type ImageEdit } from './image-spec.js';
import { addEntries, fieldsOf } from './add.js';
import { readDocument, splitTag } from './document.js';
import type { KustomizationDocument, KustomizationEntry, EditedField } from './document.js';
import { findEntry, referenceOf } from './match.js';
import type { Splice } from './style.js';
import { decodeText } from './text.js';
import { writeFields } from './write.js';
import type { DeployConfig } from '../../config/config.js';

/** Bytes outside the changed values are those that were given. */
export type KustomizationEdit =
  | { status: 'changed'; bytes: Uint8Array; changes: EntryChange[] }
  | { status: 'unchanged' };

/** References as `name:tag@digest`, without the parts that are absent. */
export interface EntryChange {
  name: string;
  before?: string;
  after: string;
  /** Of the entry's name in the edited text, from 1. */
  line: number;
}

export interface KustomizationEditRequest {
  path: string;
  bytes: Uint8Array;
  edits: readonly ImageEdit[];
  missing?: 'refuse' | 'add';
}

type PlannedStep =
  | { type: 'set'; entry: KustomizationEntry; wanted: WantedFields; splices: Splice[] }
  | { type: 'add'; edits: ImageEdit[]; splices: Splice[] };

/** @throws ReleaseError `deploy/kustomization-missing`, `-unreadable`, `-unsafe` */
export function readKustomization(file: { path: string; bytes: Uint8Array }): KustomizationDocument {
  return readDocument(file.path, decodeText(file.path, file.bytes));
}

/** Sets images, all or none, and changes nothing but the values concerned. */
export function editKustomization(request: KustomizationEditRequest): KustomizationEdit {
  const { path, bytes, edits, missing = 'refuse' } = request;
  const document = readKustomization({ path, bytes });
  const steps = planSteps(document, edits, missing).filter(({ splices }) => splices.length > 0);
  if (steps.length === 0) return { status: 'unchanged' };

  const splices = steps.flatMap((step) => step.splices);
  const text = applySplices(document.text, splices);
  const edited = collect([], () => readDocument(path, text));
  if (!edited || !isDeepStrictEqual(edited.toData(), expectedData(document, steps))) {
    throw failure({
      code: 'deploy/kustomization-unsafe',
      message: `${path} can't be edited alone: something else would change, for instance through an anchor and its alias.`,
      fix: 'Write the list of images in block style, one key a line, without anchors.',
      place: { file: path },
    });
  }
  const changes = steps.flatMap((step) => changesOf(step, edited));
  return { status: 'changed', bytes: new TextEncoder().encode(text), changes };
}

/** Decides what each edit does to the text; entries that have to be added come last. */
function planSteps(
  document: KustomizationDocument,
  edits: readonly ImageEdit[],
  missing: 'refuse' | 'add',
): PlannedStep[] {
  const problems: Problem[] = [];
  const steps: PlannedStep[] = [];
  const added: ImageEdit[] = [];
  const names = new Map<KustomizationEntry | string, string>();
  for (const edit of edits) {
    collect(problems, () => {
      checkImageEdit(edit);
      const isNew = missing === 'add' && !document.entries.some(({ name }) => name === edit.name);
      const entry = isNew ? undefined : findEntry(document, edit.name);
      const earlier = names.get(entry ?? edit.name);
      if (earlier !== undefined) throw setTwice(document, entry, earlier, edit.name);
      names.set(entry ?? edit.name, edit.name);
      if (!entry) {
        added.push(edit);
        return;
      }
      const wanted = wantedFields(document, entry, edit);
      steps.push({ type: 'set', entry, wanted, splices: writeFields(document, entry, wanted) });
    });
  }
  collect(problems, () => {
    if (added.length > 0) steps.push({ type: 'add', edits: added, splices: addEntries(document, added) });
  });
  throwProblems(problems);
  return steps;
}

function setTwice(
  document: KustomizationDocument,
  entry: KustomizationEntry | undefined,
  earlier: string,
  name: string,
) {
  return failure({
    code: 'deploy/kustomization-unsafe',
    message: earlier === name ? `${name} is set twice.` : `${earlier} and ${name} both mean the same entry.`,
    fix: 'Give one setting for each entry.',
    place: entry ? document.placeOf(entry.offset) : { file: document.path },
  });
}

/** Applies splices to a text; those at one offset stay in their order. */
function applySplices(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { start, end, text: replacement } of splices.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(done, start), replacement);
    done = end;
  }
  return [...parts, text.slice(done)].join('');
}

/** The document after all steps, as plain data with scalars as strings. */
function expectedData(document: KustomizationDocument, steps: readonly PlannedStep[]): unknown {
  const data = (document.toData() ?? {}) as Record<string, Record<string, unknown>[] | undefined>;
  for (const step of steps) {
    if (step.type === 'add') {
      const key = document.lists[0]?.name ?? 'images';
      const before = Array.isArray(data[key]) ? data[key] : [];
      data[key] = [...before, ...step.edits.map((edit) => Object.fromEntries(fieldsOf(edit)))];
      continue;
    }
    const { seq, map, fields } = step.entry.node;
    const list = document.lists.find((other) => other.seq === seq)!;
    const index = seq.items.indexOf(map);
    // Copied: an alias elsewhere is the same object, and must not change.
    const entry = { ...data[list.name]![index] };
    for (const [name, value] of Object.entries(step.wanted))
      if (value !== undefined) entry[fields.find((field) => field.name === name)?.key ?? name] = value;
    data[list.name] = data[list.name]!.with(index, entry);
  }
  return data;
}

function changesOf(step: PlannedStep, edited: KustomizationDocument): EntryChange[] {
  const describe = (name: string, before?: string): EntryChange => {
    const entry = findEntry(edited, name);
    return { name, before, after: referenceOf(entry), line: edited.placeOf(entry.offset).line ?? 1 };
  };
  return step.type === 'set'
    ? [describe(step.entry.name, referenceOf(step.entry))]
    : step.edits.map((edit) => describe(edit.name));
}

export type WantedFields = Partial<Record<EditedField, string>>;

/**
 * The edit that a release makes to an entry: the parts that `pin` asks for, and those that the entry has
 * already, so that tag and digest always name one image.
 */
export function releaseEdit(
  entry: Pick<KustomizationEntry, 'name' | 'newTag' | 'digest'>,
  released: { tag: string; digest?: string },
  pin: DeployConfig['pin'],
): ImageEdit {
  const { name } = entry;
  const current = splitTag(entry);
  const wantsTag = pin !== 'digest' || current.tag !== undefined;
  const wantsDigest = pin !== 'tag' || current.digest !== undefined;
  if (wantsDigest && released.digest === undefined) {
    throw failure({
      code: 'deploy/entry-pinned',
      message: `The entry ${name} needs the digest of the tag ${released.tag}, and none is known.`,
      fix: 'Name the image with its digest (`--image KEY=REF:TAG@DIGEST`), or remove `--no-registry-check`.',
    });
  }
  return { name, ...(wantsTag && { tag: released.tag }), ...(wantsDigest && { digest: released.digest }) };
}

/** Translates an edit into fields of the entry. A `newTag: tag@digest` (Renovate's form) stays one field. */
function wantedFields(document: KustomizationDocument, entry: KustomizationEntry, edit: ImageEdit): WantedFields {
  const isRenamed = edit.newName !== undefined && (entry.newName !== undefined || edit.newName !== entry.name);
  const wanted: WantedFields = isRenamed ? { newName: edit.newName } : {};
  if (edit.tag === undefined && edit.digest === undefined) return wanted;

  const current = splitTag(entry);
  if (current.joined && entry.digest !== undefined) {
    throw failure({
      code: 'deploy/kustomization-unsafe',
      message: `The entry ${entry.name} has a digest in newTag and another in digest.`,
      fix: 'Remove one of the two digests.',
      place: document.placeOf(entry.offset),
    });
  }
  const left =
    edit.digest === undefined && current.digest !== undefined && edit.tag !== current.tag
      ? { part: `the digest ${current.digest}`, other: `the tag ${edit.tag}`, give: `:${edit.tag}@DIGEST` }
      : edit.tag === undefined && current.tag !== undefined && edit.digest !== current.digest
        ? { part: `the tag ${current.tag}`, other: `the digest ${edit.digest}`, give: `:TAG@${edit.digest}` }
        : undefined;
  if (left) {
    throw failure({
      code: 'deploy/entry-pinned',
      message: `The entry ${entry.name} has ${left.part}, which does not belong to ${left.other}.`,
      fix: `Give tag and digest: \`${edit.name}=${left.give}\`.`,
      place: document.placeOf(entry.offset),
    });
  }
  if (current.joined) return { ...wanted, newTag: `${edit.tag ?? current.tag ?? ''}@${edit.digest ?? current.digest}` };
  return { ...wanted, newTag: edit.tag, digest: edit.digest };
}
