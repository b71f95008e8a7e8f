import { createPackagesStore } from '../../src/cleanup/github-packages.js';
import type { VersionStore } from '../../src/cleanup/version.js';
import { connectOctokit } from '../../src/github/octokit.js';
import { Secret } from '../../src/lib/secret.js';
import type { FakePackage } from '../../testing/fake-github/rest-packages.js';
import { startFakeGithub, type FakeGithub } from '../../testing/fake-github/server.js';

export const GHCR = 'ghcr.io/acme/tools/api';
const tokens = {
  ghs_deletes: { permissions: { packages: 'write' } },
  ghs_reads: { permissions: { packages: 'read' } },
  ghs_none: { permissions: { contents: 'read' } },
  ghp_none: { type: 'User', permissions: {} },
} as const;
export type TokenName = keyof typeof tokens;

/** @param count number of versions, newest first: tagged `main-000000N` and untagged in turn */
export function packageOf(count: number, over: Partial<FakePackage> = {}): FakePackage {
  const versions = Array.from({ length: count }, (_, index) => ({
    id: count - index,
    name: `sha256:${String(count - index).padStart(64, '0')}`,
    tags: index % 2 === 0 ? [`main-${String(count - index).padStart(7, '0')}`] : [],
    created: '2026-01-01T00:00:00Z',
    updated: '2026-02-01T00:00:00Z',
  }));
  return { owner: 'acme', of: 'Organization', name: 'tools/api', versions, ...over };
}

export const tagsIn = ({ versions }: FakePackage): string[] => versions.flatMap(({ tags }) => tags);

/** A fake GitHub with one package, and a version store per token. */
export async function openGithub(published: FakePackage): Promise<{
  github: FakeGithub;
  pauses: number[];
  storeOf(token: TokenName): Promise<VersionStore>;
}> {
  const repository = { owner: 'acme', name: 'app', dir: '/nonexistent', defaultBranch: 'main', tokens };
  const github = await startFakeGithub({ repositories: [repository], packages: [published] });
  const pauses: number[] = [];
  const clockwork = { sleep: async (ms: number) => void pauses.push(ms), random: () => 0 };
  return {
    ...{ github, pauses },
    async storeOf(token) {
      const octokit = (await connectOctokit(github.apiUrl, {}))(new Secret(token));
      return createPackagesStore({ octokit, clockwork });
    },
  };
}
