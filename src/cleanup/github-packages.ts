import { isList, onFailure, pagesOf, request, RequestFailed, type GitHubRepository } from '../github/requests.js';
import { failure, type ReleaseError } from '../lib/errors.js';
import { splitImageName } from '../plan/references.js';
import type { ListedVersion, VersionStore } from './version.js';

/** https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api: a second between changes. */
const PAUSE_MS = 1000;

interface ApiVersion {
  id: number;
  /** The digest. */
  name: string;
  created_at: string;
  updated_at: string;
  metadata?: { container?: { tags?: string[] } };
}

/**
 * The versions of images on ghcr.io, by GitHub's packages API: the registry itself deletes nothing.
 * https://docs.github.com/rest/packages/packages
 */
export function createPackagesStore(
  { octokit, clockwork }: Pick<GitHubRepository, 'octokit' | 'clockwork'>,
  signal?: AbortSignal,
): VersionStore {
  /** @throws RequestFailed */
  const call = <T>(route: string, isAnswer?: (answer: { data: T }) => boolean, page = {}): Promise<{ data: T }> =>
    request<{ data: T }>(
      { octokit, clockwork, owner: '', repo: '' },
      ({ at }) => octokit.request(route, { ...page, request: at.request }) as Promise<{ data: T }>,
      { signal, ...(isAnswer && { isAnswer }) },
    );

  return {
    lists: 'everything',

    async list(image, tags) {
      if (tags.length === 0) return [];
      const versions = new Map<number, ListedVersion>();
      try {
        const [owner = '', ...name] = splitImageName(image).repository.split('/');
        const { data } = await call<{ type: string }>(`GET /users/${owner}`);
        const kind = data.type === 'Organization' ? 'orgs' : 'users';
        const path = `/${kind}/${owner}/packages/container/${encodeURIComponent(name.join('/'))}/versions`;
        const pages = pagesOf(async (page) => (await call<ApiVersion[]>(`GET ${path}`, isList, page)).data);
        for await (const page of pages) for (const each of page) versions.set(each.id, readVersion(path, each));
      } catch (error) {
        throw explain(image, error);
      }
      // While somebody deletes versions, others move to pages that were read before.
      const listed = new Set([...versions.values()].flatMap((version) => version.tags));
      const unlisted = tags.find((tag) => !listed.has(tag));
      if (unlisted === undefined) return [...versions.values()];
      const message = `GitHub's list of the versions of ${image} lacks the tag ${unlisted}, which its registry serves.`;
      throw failure({ code: 'cleanup/unreadable', message });
    },

    probe: async () => undefined,

    async delete({ image, path }) {
      if (path === undefined) return { status: 'deleted' };
      await clockwork.sleep(PAUSE_MS, signal);
      try {
        await call(`DELETE ${path}`);
      } catch (error) {
        const status = error instanceof RequestFailed ? error.failure.status : undefined;
        // The last tagged version of a public package, or more than 5,000 downloads.
        if (status === 400) return { status: 'left', reason: (error as RequestFailed).failure.message };
        // GitHub answers 404 also to a token that may not delete.
        if (status !== 404 || (await isThere(image, path))) throw explain(image, error);
      }
      return { status: 'deleted' };
    },
  };

  function isThere(image: string, path: string): Promise<boolean> {
    const asked = call(`GET ${path}`).then(() => true);
    return onFailure(asked, (failed) => {
      if (failed.failure.status === 404) return false;
      throw explain(image, failed);
    });
  }
}

function readVersion(path: string, { id, name, created_at, updated_at, metadata }: ApiVersion): ListedVersion {
  const at = Math.max(Date.parse(created_at), Date.parse(updated_at));
  return {
    path: `${path}/${id}`,
    digest: name,
    tags: metadata?.container?.tags ?? [],
    ...(!Number.isNaN(at) && { at }),
  };
}

function explain(image: string, error: unknown): unknown {
  if (!(error instanceof RequestFailed)) return error;
  const { kind, message } = error;
  return kind === 'transient' || kind === 'rate-limited'
    ? failure({ code: 'registry/unavailable', message: `GitHub's packages API is not available: ${message}.` })
    : refused(image, message);
}

/** @param why GitHub's answer; undefined: there is no token to ask with */
export function refused(image: string, why = 'there is none'): ReleaseError {
  const message = `The token can't list or delete the versions of ${image} at GitHub: ${why}.`;
  return failure({ code: 'cleanup/refused', message });
}
