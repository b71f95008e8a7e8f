import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { ReleaseError, type Problem } from '../../../src/lib/errors.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const own = join(root, '__tests__/fixtures/kustomizations');

/**
 * Real files from public repositories, stored outside of this one because each has its own licence.
 * If the folder is absent, their tests are skipped.
 */
const corpusFolder = join(root, '../shared/data/kustomizations');

export interface KustomizationFile {
  name: string;
  bytes: Buffer;
}

export const ownFiles = filesIn(own);
export const corpusFiles = existsSync(corpusFolder) ? filesIn(corpusFolder) : [];

/** A golden case: the edits and the expected unified diff. */
export interface GoldenCase extends KustomizationFile {
  missing: 'refuse' | 'add';
  specs: string[];
  diff: string;
}

/** The first line of each `.diff` is the command: `set SPEC…` or `add SPEC…`. */
export const goldenCases: GoldenCase[] = readdirSync(own)
  .filter((file) => file.endsWith('.diff'))
  .map((file) => {
    const text = readFileSync(join(own, file), 'utf8');
    const [verb, ...specs] = text.slice(0, text.indexOf('\n')).split(' ');
    const name = file.replace(/diff$/, 'yaml');
    return {
      name,
      bytes: readFileSync(join(own, name)),
      missing: verb === 'add' ? 'add' : 'refuse',
      specs,
      diff: text.slice(text.indexOf('\n') + 1),
    };
  });

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Returns the problems that the action throws. Fails if it throws none. */
export function problemsOf(action: () => unknown): readonly Problem[] {
  try {
    action();
  } catch (error) {
    if (error instanceof ReleaseError) return error.problems;
    throw error;
  }
  throw new Error('expected a ReleaseError');
}

function filesIn(folder: string): KustomizationFile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
}

export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const OTHER = `sha256:${'1'.repeat(64)}`;

export function edit(text: string | Uint8Array, specs: string[], missing: 'refuse' | 'add' = 'refuse') {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  return editKustomization({ path: 'k.yaml', bytes, edits: specs.map(parseImageSpec), missing });
}

export function edited(text: string, specs: string[], missing: 'refuse' | 'add' = 'refuse'): string {
  const result = edit(text, specs, missing);
  return result.status === 'changed' ? Buffer.from(result.bytes).toString() : text;
}

/** `code:line:column` of every problem. */
export function refusal(text: string | Uint8Array, specs: string[], missing: 'refuse' | 'add' = 'refuse') {
  return problemsOf(() => edit(text, specs, missing)).map(({ code, place }) =>
    [code, place?.line, place?.column].filter((part) => part !== undefined).join(':'),
  );
}
