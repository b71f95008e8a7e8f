import { isDeepStrictEqual } from 'node:util';
import { failure, ReleaseError } from '../../lib/errors.js';
import type { ImageEdit } from './image-spec.js';
import { type KustomizationDocument, readDocument } from './document.js';
import { findEntry, referenceOf } from './match.js';
import { applySplices, expectedData, type PlannedStep, planSteps } from './plan.js';
import { decodeText } from './text.js';
import { thinOut } from './thin.js';

/** What became of the text. Bytes outside the changed values are those that were given. */
export type KustomizationEdit =
  | { status: 'changed'; bytes: Uint8Array; changes: EntryChange[] }
  | { status: 'unchanged' };

/** References as `name:tag@digest`, without the parts that are absent. */
export interface EntryChange {
  /** The entry's `name`. */
  name: string;
  /** Undefined for an entry that was added. */
  before?: string;
  after: string;
  /** Where the entry's name stands in the edited text, from 1. */
  line: number;
}

export interface KustomizationEditRequest {
  /** For messages. */
  path: string;
  bytes: Uint8Array;
  edits: readonly ImageEdit[];
  /** What an edit does whose name is not in the list: `refuse` (default) or `add` an entry. */
  missing?: 'refuse' | 'add';
}

/**
 * Reads a Kustomization for a look at its entries.
 * @throws ReleaseError `deploy/kustomization-unreadable`, `-foreign`, `-unsafe`
 */
export function readKustomization(file: { path: string; bytes: Uint8Array }): KustomizationDocument {
  return readDocument(file.path, decodeText(file.path, file.bytes));
}

/**
 * Sets images in a Kustomization and changes nothing but the values concerned. All edits or none: the
 * problems of all of them are thrown together.
 * @throws ReleaseError with codes `deploy/kustomization-*`, `deploy/entry-*`, `image/*`
 */
export function editKustomization(request: KustomizationEditRequest): KustomizationEdit {
  const { path, bytes, edits, missing = 'refuse' } = request;
  const text = decodeText(path, bytes);
  const plan = planThin(path, text, edits, missing) ?? planSource(path, text, text, edits, missing);
  const steps = plan.steps.filter((step) => step.splices.length > 0);
  if (steps.length === 0) return { status: 'unchanged' };

  const splices = steps.flatMap((step) => step.splices);
  const editedText = applySplices(text, splices);
  const edited = readBack(path, editedText, applySplices(plan.source, splices));
  if (!edited || !isDeepStrictEqual(edited.toData(), expectedData(plan.document, steps)))
    throw unproven(path);
  const changes = steps.flatMap((step) => changesOf(step, edited));
  return { status: 'changed', bytes: new TextEncoder().encode(editedText), changes };
}

/** UTF-16 units from which on reading everything would be felt. */
const LONG = 20_000;

interface EditPlan {
  /** What was parsed: the text, or the text thinned out. */
  source: string;
  document: KustomizationDocument;
  steps: PlannedStep[];
}

/** The plan for a long text by a look at the lines concerned; undefined where everything has to be seen. */
function planThin(
  path: string,
  text: string,
  edits: readonly ImageEdit[],
  missing: 'refuse' | 'add',
): EditPlan | undefined {
  if (text.length < LONG) return undefined;
  const source = thinOut(
    text,
    edits.map(({ name }) => name),
  );
  try {
    const plan = planSource(path, text, source, edits, missing);
    return plan.steps.some(({ type }) => type === 'add') ? undefined : plan;
  } catch (error) {
    if (error instanceof ReleaseError) return undefined;
    throw error;
  }
}

function planSource(
  path: string,
  text: string,
  source: string,
  edits: readonly ImageEdit[],
  missing: 'refuse' | 'add',
): EditPlan {
  const document = readDocument(path, text, source);
  return { source, document, steps: planSteps(document, edits, missing) };
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

function readBack(path: string, text: string, source: string): KustomizationDocument | undefined {
  try {
    return readDocument(path, text, source);
  } catch {
    return undefined;
  }
}

/** The edited text was read again and says something else than it should: nothing is written then. */
function unproven(path: string) {
  return failure({
    code: 'deploy/kustomization-unsafe',
    message: `${path} is written in a way that can not be edited safely.`,
    fix: 'Write the list of images in block style, one key a line, and report this file as a bug.',
    place: { file: path },
  });
}
