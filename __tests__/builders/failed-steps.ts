import { explainFailure } from '../../src/builders/buildx/failure.js';
import type { BuildLog, FailedStep } from '../../src/builders/buildx/progress.js';
import { plannedImage } from './samples.js';

export function explain(
  log: Partial<BuildLog>,
  keys: string[] = ['api'],
  over: { dockerfiles?: Record<string, string>; redact?: (text: string) => string } = {},
) {
  return explainFailure({
    images: keys.map((key) => plannedImage(key)),
    targets: Object.fromEntries(keys.map((key) => [key, key])),
    log: { steps: [], failed: [], warnings: [], text: [], images: {}, ...log },
    dockerfiles: {},
    redact: (text) => text,
    ...over,
  });
}

export function failed(name: string, error: string, output: string[] = [], key = 'api'): FailedStep {
  return { step: { number: 1, key, name }, error, output };
}

export const ERROR = 'process "/bin/sh -c false" did not complete successfully: exit code: 1';
