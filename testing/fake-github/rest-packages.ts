import type { RestEndpointMethodTypes } from '@octokit/plugin-rest-endpoint-methods';
import { ApiError, jsonAnswer } from './answer.js';
import type { Answer } from './answer.js';
import { page } from './fields.js';
import { may } from './repository.js';
import type { RestRequest } from './rest.js';

/** An image on ghcr.io. */
export interface FakePackage {
  owner: string;
  of: 'Organization' | 'User';
  /** May contain slashes. */
  name: string;
  /** Default: public. */
  private?: boolean;
  /** Newest first; may be changed while the server runs. */
  versions: FakePackageVersion[];
}

export interface FakePackageVersion {
  id: number;
  /** Digest. */
  name: string;
  tags: string[];
  created: string;
  updated?: string;
  downloads?: number;
}

const MOST_DOWNLOADS = 5000;

/** Answers requests about accounts and packages; undefined: it is about something else. */
export function answerPackages(request: RestRequest): Answer | undefined {
  const { target, packages } = request;
  const account = /^\/api\/v3\/users\/([^/]+)$/.exec(target.pathname);
  const owned = packages.find(({ owner }) => owner === account?.[1]);
  if (request.method === 'GET' && owned) return jsonAnswer(200, { login: owned.owner, id: 7, type: owned.of });
  const path = /^\/api\/v3\/(orgs|users)\/([^/]+)\/packages\/container\/([^/]+)\/versions(?:\/(\d+))?$/;
  const [, kind, owner, name = '', id] = path.exec(target.pathname) ?? [];
  if (kind === undefined) return undefined;
  authorize(request, request.method === 'DELETE' ? 'write' : 'read');
  const found = packages.find(
    (each) =>
      each.owner === owner &&
      each.name === decodeURIComponent(name) &&
      each.of === (kind === 'orgs' ? 'Organization' : 'User'),
  );
  if (found === undefined) throw new ApiError(404, 'Package not found.');
  const list = target.href.replace(/(?<=\/versions)[/?].*/, '');
  if (id === undefined) {
    const { items, headers } = page(found.versions, target.searchParams, list);
    return jsonAnswer(
      200,
      items.map((each) => versionJson(each, list)),
      headers,
    );
  }
  const version = found.versions.find((each) => each.id === Number(id));
  if (version === undefined) throw new ApiError(404, 'Package version not found.');
  return request.method === 'GET' ? jsonAnswer(200, versionJson(version, list)) : deleteVersion(found, version);
}

/** https://docs.github.com/rest/packages/packages#delete-package-version-for-an-organization */
function deleteVersion(from: FakePackage, version: FakePackageVersion): Answer {
  if (!from.private && (version.downloads ?? 0) > MOST_DOWNLOADS) {
    throw new ApiError(
      400,
      'Publicly visible package versions with more than 5000 downloads cannot be deleted. Contact GitHub support for further assistance.',
    );
  }
  const tagged = from.versions.filter(({ tags }) => tags.length > 0);
  if (!from.private && tagged.length === 1 && tagged[0] === version)
    throw new ApiError(
      400,
      'You cannot delete the last tagged version of a package. You must delete the package instead.',
    );
  from.versions.splice(from.versions.indexOf(version), 1);
  return { status: 204, headers: {}, body: Buffer.alloc(0) };
}

function authorize({ identity }: RestRequest, level: 'read' | 'write'): void {
  if (identity.kind !== 'token') throw new ApiError(401, 'Requires authentication');
  const [caller] = identity.access.values();
  if (caller && may(caller, 'packages', level)) return;
  // Whoever may read is not told that it is there to be deleted.
  if (level === 'write' && caller && may(caller, 'packages', 'read'))
    throw new ApiError(404, 'Package version not found.');
  throw new ApiError(
    403,
    caller?.type === 'User'
      ? "You need at least read:packages scope to list a package's versions."
      : 'Resource not accessible by integration',
  );
}

type VersionJson = RestEndpointMethodTypes['packages']['getPackageVersionForOrganization']['response']['data'];

function versionJson({ id, name, tags, created, updated = created }: FakePackageVersion, list: string): VersionJson {
  const metadata = { package_type: 'container', container: { tags } } as const;
  const page = `https://github.com/packages/${id}`;
  return { id, name, url: `${list}/${id}`, package_html_url: page, created_at: created, updated_at: updated, metadata };
}
