import type { Problem } from '../../src/lib/errors.js';
import type { Report } from '../../src/report/report.js';
import { releasedReport } from './sample.js';

export const PROBLEM: Problem = {
  code: 'build/step-failed',
  severity: 'error',
  message: 'Image api: `RUN false` failed with exit code 1.',
  fix: 'Read its last lines.',
  place: { file: 'api/Dockerfile', line: 3 },
  detail: '   3 | >>> RUN false\n',
};

export function reportOf(over: Partial<Report>): Report {
  return { ...releasedReport(), build: undefined, published: [], deployments: [], ...over };
}

export const skipped = {
  status: 'skip',
  target: { kustomization: 'k8s', mode: 'commit', pin: 'tag', missing: 'refuse' },
  reason: 'branch x does not deploy',
} as const;
