import type { FoundBuilder } from '../src/builders/builder-choice.js';
import type { BuildResult } from '../src/builders/built.js';
import type { Deployment } from '../src/deploy/target.js';
import type { ImageFingerprint } from '../src/fingerprint/fingerprint.js';
import type { Baseline } from '../src/plan/baseline.js';
import type { Baselines } from '../src/registry/baseline/find-baselines.js';
import type { ReleaseRunRequest, Dependencies } from '../src/dependencies.js';
import type { Problem } from '../src/lib/errors.js';
import { configOf, factsOf, requestOf, sourceOf } from './plan/fixtures.js';
import { publishedImage } from './report/sample.js';

export const config = configOf('registry: ghcr.io/acme\nimages: { api: , web: }\ndeploy: k8s\n');
export const BUILT: BuildResult = { images: [], steps: [] };
/** A chosen builder, with only the fields that a release reads. */
const FOUND = { decision: { status: 'chosen' }, inputs: {} } as FoundBuilder;
export const COMMITTED: Deployment = {
  status: 'committed',
  kustomization: 'k8s/kustomization.yml',
  branch: 'main',
  channel: 'main',
  images: ['api', 'web'],
  superseded: [],
  commit: 'c'.repeat(40),
  changes: [],
  diff: '',
  lostRaces: 0,
};

export const fingerprint = (digit: string) => `v1:${digit.repeat(64)}`;
const known = (digit: string): ImageFingerprint => ({
  status: 'known',
  fingerprint: fingerprint(digit),
  record: { version: 1, inputs: [] },
  images: [],
});
export const INPUTS = { api: known('a'), web: known('b') };
/** A complete published image with the fingerprint of `digit`. */
export const whole = (digit: string): Baseline => ({
  candidates: [
    {
      tag: 'main-0000000',
      digest: `sha256:${digit.repeat(64)}`,
      fingerprint: fingerprint(digit),
      verdict: { status: 'whole' },
    },
  ],
  problems: [],
});
export const baselinesOf = (readings: Record<string, Baseline>): Baselines => ({
  readings,
  verified: [],
  unread: [],
  tags: new Map(),
  problems: [],
});
export const STEPS = [
  'probe',
  'describeBases',
  'findBaselines',
  'readInputs',
  'findBuilder',
  'check',
  'build',
  'publish',
  'deploy',
  'reconcileTags',
] as const;
export const LOOKING = ['probe', 'describeBases', 'findBaselines', 'readInputs'];

/** Dependencies that succeed by default, and the names of the called ones. */
export function fakeDependencies(over: Partial<Dependencies> = {}) {
  const calls: string[] = [];
  const noting =
    <Args extends unknown[], T>(name: string, answer: (...args: Args) => Promise<T>) =>
    (...args: Args) => {
      calls.push(name);
      return answer(...args);
    };
  const deps: Dependencies = {
    source: sourceOf(),
    onEvent: () => {},
    signal: new AbortController().signal,
    editedFiles: async () => ['k8s/kustomization.yml'],
    probe: async () => factsOf(config),
    describeBases: async () => ({}),
    readInputs: async () => INPUTS,
    findBaselines: async () => baselinesOf({}),
    findBuilder: async () => FOUND,
    confirm: async () => [publishedImage('api', 'a'), publishedImage('web', 'b')],
    check: async () => [],
    build: async () => BUILT,
    publish: async () => [publishedImage('api', 'a'), publishedImage('web', 'b')],
    deploy: async () => ({ deployments: [COMMITTED], warnings: [] }),
    reconcileTags: async (_, published) => [...published],
    awaitRunning: async () => ({ images: [], problems: [] }),
    ...over,
  };
  for (const name of [...STEPS, 'confirm'] as const) {
    Object.assign(deps, { [name]: noting(name, deps[name] as (...args: unknown[]) => Promise<unknown>) });
  }
  return { deps, calls };
}

export const order = (over: Partial<ReleaseRunRequest> = {}): ReleaseRunRequest => ({
  config,
  request: requestOf(),
  until: 'deploy',
  compare: 'published',
  notices: [],
  ...over,
});
export const problem = (severity: Problem['severity'], message: string): Problem => ({
  code: 'registry/denied',
  severity,
  message,
  fix: 'Ask for it.',
});
