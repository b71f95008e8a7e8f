import { compareRecords, type RecordChanges } from '../fingerprint/compare.js';
import type { FingerprintInput } from '../fingerprint/fingerprint.js';
import { printable } from '../fingerprint/names.js';
import { didYouMean } from '../lib/suggestion.js';
import { failure } from '../lib/errors.js';
import type { Report } from './report.js';
import { decisionWords, type Style } from './terminal.js';

/** The reason why an image is built or not: all its inputs, and the published ones. */
export interface Explanation {
  key: string;
  status: 'build' | 'unchanged';
  reason: string;
  /** Undefined: its inputs can't be pinned; `unpinned` says why. */
  fingerprint?: string;
  unpinned?: string;
  /** Patterns by which the user says what of the context counts; undefined: all that is copied. */
  paths?: string[];
  inputs: FingerprintInput[];
  /** Images that it is built on, by reference: digest now, or why that isn't known. */
  bases: Record<string, string>;
  /** The published inputs; undefined: nothing is published, or nothing was asked. */
  published?: {
    tag: string;
    digest: string;
    fingerprint?: string;
    /** Undefined: what is published holds no record. */
    differences?: RecordChanges;
  };
}

/** @throws ReleaseError `input/invalid` when the plan has no such image */
export function explain(report: Report, key: string): Explanation {
  const image = report.plan?.images.find((planned) => planned.key === key);
  const keys = report.plan?.images.map((planned) => planned.key) ?? [];
  if (image === undefined) {
    throw failure({
      code: 'input/invalid',
      message: `There is no image ${key} in this plan.`,
      fix: didYouMean(key, keys) ?? `Its images are: ${keys.join(', ')}.`,
    });
  }
  const inputs = report.comparison?.inputs[key];
  const record = inputs?.record;
  const candidates = report.comparison?.baselines[key]?.candidates ?? [];
  const found =
    candidates.find(({ verdict }) => verdict.status === 'whole') ??
    candidates.find((candidate) => candidate.record !== undefined) ??
    candidates[0];
  return {
    key,
    status: image.status,
    reason: image.reason,
    fingerprint: image.fingerprint,
    unpinned: inputs?.status === 'unknown' ? inputs.reason : undefined,
    paths: image.paths,
    inputs: record?.inputs ?? [],
    bases: basesOf(report, inputs?.status === 'known' ? inputs.images : []),
    published: found && {
      ...{ tag: found.tag, digest: found.digest, fingerprint: found.fingerprint },
      differences: found.record && record && compareRecords(found.record, record),
    },
  };
}

function basesOf({ comparison }: Report, references: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    references.map((reference) => {
      const base = comparison?.bases[reference];
      if (base === undefined) return [reference, 'not asked'];
      return [reference, 'digest' in base ? base.digest : base.unresolved];
    }),
  );
}

export function renderExplanation(explanation: Explanation, style: Style): string {
  const bases = Object.entries(explanation.bases);
  const lines = [
    `${style.strong(explanation.key)}  ${decisionWords(explanation)}`,
    `  fingerprint  ${explanation.fingerprint ?? `none: ${explanation.unpinned ?? 'its inputs are unknown'}`}`,
    ...publishedLines(explanation.published, style),
    ...(explanation.paths === undefined
      ? []
      : [`  paths        ${explanation.paths.join(', ')}: no other file of the context counts`]),
    '',
    `${style.strong('inputs')}  ${explanation.inputs.length}`,
    ...explanation.inputs.map(({ name, hash }) => `  ${style.faint(hash.slice(0, 12))}  ${printable(name)}`),
    ...(bases.length === 0 ? [] : ['', style.strong('built on')]),
    ...bases.map(([reference, digest]) => `  ${reference}  ${style.faint(digest)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function publishedLines(published: Explanation['published'], style: Style): string[] {
  if (published === undefined) return ['  published    nothing to compare with'];
  const { tag, digest, fingerprint, differences } = published;
  return [
    `  published    ${tag} ${style.faint(digest)}`,
    `               ${fingerprint ?? 'without a fingerprint'}`,
    ...(differences === undefined
      ? ['  differences  unknown: the published image has no record of its inputs']
      : differenceLines(differences, style)),
  ];
}

function differenceLines({ added, removed, changed }: RecordChanges, style: Style): string[] {
  const marked = [
    ...changed.map((name) => `~ ${printable(name)}`),
    ...added.map((name) => style.good(`+ ${printable(name)}`)),
    ...removed.map((name) => style.bad(`- ${printable(name)}`)),
  ];
  if (marked.length === 0) return ['  differences  none'];
  return ['  differences', ...marked.map((line) => `    ${line}`)];
}
