import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { ERROR_SAMPLES, type ErrorSample } from '../../scripts/generate/error-samples.js';
import { formatPlace, type Problem } from '../../src/lib/errors.js';

const STEADY: [pattern: RegExp, text: string][] = [
  // Folders created by mkdtemp.
  [new RegExp(`(?:${tmpdir()}|/var/tmp)/[\\w-]+-\\w{6}`, 'g'), '/srv/shop'],
  [/\b(?:127\.0\.0\.1|localhost):\d+/g, 'registry.example.org'],
  [/\bsha256:[0-9a-f]{64}\b/g, 'sha256:4f53cda1…'],
  [/\b[0-9a-f]{40}\b/g, '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d'],
];

/**
 * Compares an error with the sample that `npm run generate` puts into docs/errors/README.md.
 * `UPDATE_ERROR_SAMPLES=1` writes the sample instead of comparing it.
 */
export function expectSample(
  area: string,
  problem: Problem,
  { steady, foreignDetail }: { steady?(text: string): string; foreignDetail?: true },
): void {
  const path = `${ERROR_SAMPLES}/${area}.json`;
  const samples = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, ErrorSample>) : {};
  const sample = sampleOf(problem, steady);
  if (process.env.UPDATE_ERROR_SAMPLES) {
    const all = Object.entries({ ...samples, [problem.code]: sample });
    const sorted = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(path, `${JSON.stringify(sorted, null, 2)}\n`);
  } else {
    const known = samples[problem.code];
    const detail = foreignDetail && known?.detail && { detail: expect.any(String) };
    expect(sample).toEqual({ ...known, ...detail });
  }
}

function sampleOf({ code, severity, place, message, fix, detail }: Problem, own = (text: string) => text): ErrorSample {
  const steady = (text: string) =>
    own(STEADY.reduce((changed, [pattern, instead]) => changed.replaceAll(pattern, instead), text));
  return {
    code,
    severity,
    ...(place && { place: steady(formatPlace(place)) }),
    message: steady(message),
    fix: steady(fix),
    ...(detail && { detail: steady(detail) }),
  };
}
