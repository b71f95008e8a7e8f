import { lstat, readlink } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { readRepositoryFile } from '../lib/regular-file.js';
import type { GitRepository } from '../facts/git-source.js';
import { parseRemote } from '../facts/git-remote.js';
import { isDockerfile } from './dockerfiles.js';
import type { Repository, RepositoryFile } from './found.js';

/** Manifests and scripts that people write are a page or two. */
const LARGEST = 256 * 1024;
const MOST = 3000;

const SETTLED = /(?:^|\/)(?:node_modules|vendor|\.git)\//;
const BY_NAME =
  /^(?:.*\.)?(?:dockerfile|containerfile)(?:\..*)?$|^kustomization$|^\.(?:dockerignore|gitattributes|gitmodules)$|^(?:gnu)?makefile$|^(?:just|jenkins|earth|tilt|rake)file$|^package\.json$|^chart\.yaml$/i;
const BY_EXTENSION = /\.(?:ya?ml|hcl|sh|bash|zsh|mk|env|ps1|bat|cmd)$|(?:^|[.-])bake.*\.json$/i;
/** A script without an extension says in its first line what runs it. */
const BARE = /(?:^|\/)[^./]+$/;
const SHEBANG = /^#!.*\b(?:ba|da|k|z)?sh\b/;
/** Patches of Kustomizations may be JSON. */
const JSON_BESIDE_MANIFESTS =
  /(?:^|\/)(?:patch|k8s|kube|deploy|manifests|overlays?|base)[^/]*\/[^/]*\.json$/i;

/** Reads the files that may say how images are built and deployed. What can't be read as text is left out. */
export async function readRepository({
  root,
  repository,
  remote,
  defaultBranch,
  paths,
}: Pick<GitRepository, 'root' | 'repository' | 'remote' | 'defaultBranch' | 'paths'>): Promise<Repository> {
  const files: RepositoryFile[] = [];
  const telling = paths.filter(isTelling);
  for (const path of telling.slice(0, MOST)) files.push(...readText(root, path));
  const bare = paths.filter((path) => BARE.test(path) && !SETTLED.test(path) && !telling.includes(path));
  for (const path of bare.slice(0, MOST)) files.push(...readText(root, path).filter(isScript));
  const origin = remote === undefined || repository !== undefined ? undefined : parseRemote(remote, []).url;
  return {
    ...(repository !== undefined && { name: repository }),
    ...(origin !== undefined && { origin }),
    folder: basename(root),
    defaultBranch,
    paths,
    links: await linksAmong(paths.filter(isDockerfile), root),
    files,
  };
}

async function linksAmong(paths: readonly string[], root: string): Promise<Record<string, string>> {
  const links: Record<string, string> = {};
  for (const path of paths) {
    const found = await lstat(join(root, path)).catch(() => undefined);
    if (found?.isSymbolicLink() !== true) continue;
    links[path] = posix.join(posix.dirname(path), await readlink(join(root, path)));
  }
  return links;
}

function isTelling(path: string): boolean {
  if (SETTLED.test(path)) return false;
  return BY_NAME.test(basename(path)) || BY_EXTENSION.test(path) || JSON_BESIDE_MANIFESTS.test(path);
}

const isScript = ({ text }: RepositoryFile) => SHEBANG.test(text);

function readText(root: string, path: string): RepositoryFile[] {
  try {
    const bytes = readRepositoryFile(root, path, LARGEST);
    return [{ path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }];
  } catch {
    return [];
  }
}
