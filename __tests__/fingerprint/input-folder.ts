import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuildDescription } from '../../src/dockerfile/description.js';
import type { ImageFingerprint } from '../../src/fingerprint/fingerprint.js';
import { readFingerprints } from '../../src/fingerprint/read-fingerprints.js';
import { describeImage } from './description.js';

export let root: string;

export const at = (path: string) => join(root, path);

export function write(files: Record<string, string | Buffer>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  }
}

export const image = describeImage;

export async function read(...builds: BuildDescription[]): Promise<Record<string, ImageFingerprint>> {
  return readFingerprints({ root, builds, bases: {} });
}

/** The fingerprint, or why there is none. */
export const told = (inputs: ImageFingerprint) => (inputs.status === 'known' ? inputs.fingerprint : inputs.reason);

export async function fingerprints(...builds: BuildDescription[]): Promise<Record<string, string>> {
  const inputs = await read(...builds);
  return Object.fromEntries(Object.entries(inputs).map(([key, each]) => [key, told(each)]));
}

/** Keys of the images whose fingerprint differs after the change. */
export async function flippedBy(builds: BuildDescription[], change: () => void): Promise<string[]> {
  const before = await fingerprints(...builds);
  for (const fingerprint of Object.values(before)) expect(fingerprint).toMatch(/^v1:[0-9a-f]{64}$/);
  change();
  const after = await fingerprints(...builds);
  return Object.keys(before).filter((key) => before[key] !== after[key]);
}

/** Creates a separate folder for each test of the file. */
export function inNewFolder(): void {
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'fingerprint-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
}
