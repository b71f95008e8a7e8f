import { isSeq } from 'yaml';
import { failure, type Problem, ReleaseError, throwProblems } from '../../lib/errors.js';
import { checkImageEdit, type ImageEdit } from './image-spec.js';
import { addEntries, fieldsOf } from './add.js';
import type { KustomizationDocument } from './document.js';
import type { KustomizationEntry } from './entry.js';
import { wantedFields, type WantedFields } from './fields.js';
import type { Splice } from './flow.js';
import { findEntry, findNamed } from './match.js';
import { writeFields } from './write.js';

/** One step of an edit, decided but not applied. */
export type PlannedStep =
  | { type: 'set'; entry: KustomizationEntry; wanted: WantedFields; splices: Splice[] }
  | { type: 'add'; edits: ImageEdit[]; splices: Splice[] };

/**
 * Decides what each edit does to the text; entries that have to be added come last.
 * @throws ReleaseError with the problems of all edits
 */
export function planSteps(
  document: KustomizationDocument,
  edits: readonly ImageEdit[],
  missing: 'refuse' | 'add',
): PlannedStep[] {
  const problems: Problem[] = [];
  const steps: PlannedStep[] = [];
  const added: ImageEdit[] = [];
  const names = new Map<KustomizationEntry | string, string>();

  const attempt = (action: () => void) => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error;
      problems.push(...error.problems);
    }
  };
  for (const edit of edits) {
    attempt(() => {
      checkImageEdit(edit);
      const entry = missing === 'add' ? findNamed(document, edit.name) : findEntry(document, edit.name);
      refuseRepeated(document, names, entry ?? edit.name, edit.name);
      if (!entry) {
        added.push(edit);
        return;
      }
      const wanted = wantedFields(document, entry, edit);
      steps.push({ type: 'set', entry, wanted, splices: writeFields(document, entry, wanted) });
    });
  }
  attempt(() => {
    if (added.length > 0) steps.push({ type: 'add', edits: added, splices: addEntries(document, added) });
  });

  throwProblems(problems);
  return steps;
}

/** Applies splices to a text; those at one offset stay in their order. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const { start, end, text: replacement } of splices.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(done, start), replacement);
    done = end;
  }
  return [...parts, text.slice(done)].join('');
}

/** What the document must read as when the steps are done, as plain data with scalars as strings. */
export function expectedData(document: KustomizationDocument, steps: readonly PlannedStep[]): unknown {
  const data = (document.toData() ?? {}) as Record<string, unknown>;
  for (const step of steps) {
    if (step.type === 'set') {
      const entry = dataOfEntry(document, data, step.entry);
      for (const [name, value] of Object.entries(step.wanted)) {
        const key = step.entry.node.fields.find((field) => field.name === name)?.key;
        entry[key ?? name] = value;
      }
    } else {
      const key = document.lists[0]?.name ?? 'images';
      const before: unknown[] = Array.isArray(data[key]) ? data[key] : [];
      data[key] = [...before, ...step.edits.map((edit) => Object.fromEntries(fieldsOf(edit)))];
    }
  }
  return data;
}

function dataOfEntry(
  document: KustomizationDocument,
  data: Record<string, unknown>,
  { node }: KustomizationEntry,
): Record<string, unknown> {
  const list = document.lists.find(({ seq }) => isSeq(seq) && seq === node.seq);
  const items = data[list?.name ?? ''] as Record<string, unknown>[];
  return items[node.seq.items.indexOf(node.map)]!;
}

function refuseRepeated(
  document: KustomizationDocument,
  names: Map<KustomizationEntry | string, string>,
  subject: KustomizationEntry | string,
  name: string,
): void {
  const earlier = names.get(subject);
  names.set(subject, name);
  if (earlier === undefined) return;
  throw failure({
    code: 'deploy/entry-ambiguous',
    message: earlier === name ? `${name} is set twice.` : `${earlier} and ${name} both mean the same entry.`,
    fix: 'Give one setting for each entry.',
    place: typeof subject === 'string' ? { file: document.path } : document.placeOf(subject.offset),
  });
}
