import type { ImageFingerprint, FingerprintRecord } from '../../src/fingerprint/fingerprint.js';
import { type Baseline, type Candidate } from '../../src/plan/baseline.js';
import { decideBuilds } from '../../src/plan/decide-builds.js';
import type { Plan, PlannedImage } from '../../src/plan/plan.js';
import type { Problem } from '../../src/lib/errors.js';
import { plannedImage, planOf } from '../builders/samples.js';
import { requestOf } from './fixtures.js';

export const OLD = `v1:${'0'.repeat(64)}`;
export const NOW = `v1:${'1'.repeat(64)}`;
export const [D1, D2] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
export const COMMIT = planOf([]).source.commit;
/** The clock of `planOf`. */
export const CLOCK = planOf([]).source.now;

export const recordOf = (hash: string): FingerprintRecord => ({
  version: 1,
  inputs: [{ name: 'file server.js', hash: hash.repeat(64) }],
});
export const known = (over: Partial<Extract<ImageFingerprint, { status: 'known' }>> = {}): ImageFingerprint => ({
  status: 'known',
  fingerprint: NOW,
  record: recordOf('1'),
  images: [],
  ...over,
});
export const candidate = (over: Partial<Candidate> = {}): Candidate => ({
  tag: 'main-0000001',
  digest: D1,
  commit: '0000001'.padEnd(40, '0'),
  commitsSince: 12,
  fingerprint: NOW,
  startedAt: 100,
  builtAt: 200,
  verdict: { status: 'whole' },
  ...over,
});
export const changed = candidate({
  fingerprint: OLD,
  record: recordOf('0'),
  verdict: { status: 'other-inputs' },
});
export const reading = (candidates: Candidate[], over: Partial<Baseline> = {}): Baseline => ({
  candidates,
  problems: [],
  ...over,
});
export const UNREADABLE: Problem = {
  code: 'registry/baseline-unreadable',
  severity: 'warning',
  message: 'Down.',
  fix: 'Wait.',
};

export interface Case {
  image?: Partial<PlannedImage>;
  inputs?: ImageFingerprint;
  baseline?: Baseline;
  request?: object;
  config?: { unchanged?: 'reuse' | 'rebuild'; maxAge?: number };
  publish?: Plan['publish'];
}

export function decide({ image, inputs, baseline, request, config, publish }: Case) {
  const { plan, problems } = decideBuilds(
    planOf([plannedImage('api', image)], publish),
    {
      bases: {},
      inputs: { ...(inputs && { api: inputs }) },
      baselines: { ...(baseline && { api: baseline }) },
    },
    requestOf(request),
    { unchanged: 'reuse', ...config },
  );
  return { image: plan.images[0] as PlannedImage, problems };
}
