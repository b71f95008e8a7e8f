import { branchRef, readLedger as readLedgerRef } from '../../testing/memory-remote/refs.js';
import { createRemote, type MemoryRemote, type RemoteSpec } from '../../testing/memory-remote/remote.js';
import { createMemoryTarget, type MemoryTargetSpec } from '../../testing/memory-remote/target.js';
import { isDeployCommit } from '../../src/deploy/commit-message.js';
import { deploy, type DeployRequest } from '../../src/deploy/deploy.js';
import { readLedger, type LedgerEntry } from '../../src/deploy/ledger/ledger.js';
import { API, FRONTEND, NOW, planned } from './requests.js';
import { BASE, KUSTOMIZATION } from './stage.js';

export const FILE = 'k8s/kustomization.yml';

/** An in-memory repository with helpers for releases. */
export function createWorld(spec: RemoteSpec = {}, files: Record<string, string> = { [FILE]: KUSTOMIZATION, ...BASE }) {
  const remote = createRemote(spec);
  remote.land('main', files);
  let run = 0;
  /** Adds a commit to the source, or to another `line` of history. */
  const source = (line = 'source') => {
    run += 1;
    const commit = remote.land(line, { 'main.ts': `${run}\n` }, `Change ${run}\n`);
    return { commit, run, tag: `main-${commit.slice(0, 10)}` };
  };
  const request = (
    { commit, run: id, tag }: ReturnType<typeof source>,
    more: Partial<DeployRequest> = {},
    target: Partial<MemoryTargetSpec> = {},
  ): DeployRequest => ({
    deploys: [planned()],
    rollouts: [API, FRONTEND].map((image) => ({ ...image, releaseTag: tag })),
    source: { commit, run: id },
    intent: { type: 'release', order: 'forward-only' },
    openTarget: ({ branch }) => createMemoryTarget({ remote, branch, ...target }),
    registry: { check: 'none' },
    kustomize: { status: 'missing' },
    clockwork: { random: () => 0.5, sleep: async () => {} },
    newId: () => `run-${id}`,
    now: NOW,
    ...more,
  });
  return {
    remote,
    source,
    request,
    release: (...args: Parameters<typeof request>) => deploy(request(...args)),
    head: () => remote.refs().get(branchRef('main')) as string,
    text: (path = FILE) => textAt(remote, path),
    tags: (path = FILE) => [...textAt(remote, path).matchAll(/newTag: '?([\w.-]+)/g)].map((match) => match[1]),
    ledger: (channel = 'main') => readLedgerRef(remote.objects, remote.refs(), channel),
    entry: (image = 'ghcr.io/acme/api', channel = 'main') =>
      readLedger(readLedgerRef(remote.objects, remote.refs(), channel)).images.get(image) as LedgerEntry,
    deployCommits: () =>
      remote.objects
        .history(remote.refs().get(branchRef('main')) as string)
        .filter(({ message }) => isDeployCommit(message)).length,
  };
}

function textAt(remote: MemoryRemote, path: string): string {
  const head = remote.refs().get(branchRef('main')) as string;
  return Buffer.from(remote.objects.read(head).files.get(path)?.bytes ?? []).toString('utf8');
}
