import { inspect } from 'node:util';
import type { ActiveDeploy } from '../../src/deploy/deploy-edits.js';
import { deploy, type DeployRequest } from '../../src/deploy/deploy.js';
import type { Deployment } from '../../src/deploy/target.js';
import { ReleaseError, type Problem } from '../../src/lib/errors.js';
import { TOKEN, type Stage } from './stage.js';

export const SOURCE = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
export const NOW = '2026-03-04T05:06:07Z';
export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const API = { key: 'api', image: 'ghcr.io/acme/api', releaseTag: 'main-1a2b3c4', digest: DIGEST };
export const FRONTEND = {
  key: 'frontend',
  image: 'ghcr.io/acme/frontend',
  releaseTag: 'main-1a2b3c4',
  digest: DIGEST,
};

export function planned(kustomization = 'k8s/kustomization.yml', branch = 'main', more: object = {}): ActiveDeploy {
  return {
    status: 'deploy',
    branch,
    channel: branch,
    images: ['api', 'frontend'],
    target: { kustomization, mode: 'commit', pin: 'tag', missing: 'refuse', ...more },
  };
}

export function request(stage: Stage, more: Partial<DeployRequest> = {}): DeployRequest {
  return {
    deploys: [planned()],
    rollouts: [API, FRONTEND],
    source: { commit: SOURCE, run: 42 },
    intent: { type: 'release', order: 'forward-only' },
    openTarget: ({ branch }) => stage.openTarget(branch),
    registry: { check: 'none' },
    kustomize: { status: 'missing' },
    clockwork: stage.clockwork,
    newId: () => 'test-id',
    now: NOW,
    ...more,
  };
}

/** Deploys and returns one deployment per Kustomization. */
export async function rollOut(stage: Stage, more: Partial<DeployRequest> = {}): Promise<Deployment[]> {
  return (await deploy(request(stage, more))).deployments;
}

export async function problemsOf(work: Promise<unknown>): Promise<readonly Problem[]> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ReleaseError)) throw error instanceof Error ? error : new Error('nothing was thrown');
  expect(inspect(error, { depth: 12, showHidden: true })).not.toMatch(/MarkerToken/);
  expect(inspect(error, { depth: 12 })).not.toContain(Buffer.from(`x-access-token:${TOKEN}`).toString('base64'));
  return error.problems;
}

export function changedLines(stage: Stage, from: string): string[] {
  return stage
    .git('diff', '--no-color', '--unified=0', from, 'main')
    .split('\n')
    .filter((line) => /^[-+](?![-+])/.test(line));
}
