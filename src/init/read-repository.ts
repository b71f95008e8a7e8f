import { lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { TextFile } from '../facts/build-files-checkout.js';
import { parseRemote } from '../facts/git-remote.js';
import type { GitRepository } from '../facts/git-source.js';
import { readRepositoryFile } from '../lib/regular-file.js';
import { isDockerfile } from './dockerfiles.js';
import type { Repository } from './found.js';

/** Manifests and scripts that people write are a page or two. */
const LARGEST = 256 * 1024;
const MOST = 3000;

const FOREIGN = /(?:^|\/)(?:node_modules|vendor|\.git)\//;
const BY_NAME =
  /^(?:.*\.)?(?:dockerfile|containerfile)(?:\..*)?$|^kustomization$|^\.(?:dockerignore|gitattributes|gitmodules)$|^(?:gnu)?makefile$|^(?:just|jenkins|earth|tilt|rake)file$|^package\.json$|^chart\.yaml$/i;
const BY_EXTENSION = /\.(?:ya?ml|hcl|sh|bash|zsh|mk|env|ps1|bat|cmd)$|(?:^|[.-])bake.*\.json$/i;
/** A script without an extension has its program in the first line. */
const BARE = /(?:^|\/)[^./]+$/;
const SHEBANG = /^#!.*\b(?:ba|da|k|z)?sh\b/;
/** Patches of Kustomizations may be JSON. */
const JSON_BESIDE_MANIFESTS = /(?:^|\/)(?:patch|k8s|kube|deploy|manifests|overlays?|base)[^/]*\/[^/]*\.json$/i;

/** Reads the files that may say how images are built and deployed. Files that aren't text are left out. */
export function readRepository(
  git: Pick<GitRepository, 'root' | 'repository' | 'remote' | 'defaultBranch' | 'paths'>,
): Repository {
  const { root, repository, remote, defaultBranch, paths } = git;
  const own = paths.filter((path) => !FOREIGN.test(path));
  const read = (wanted: readonly string[]) => wanted.slice(0, MOST).flatMap((path) => readText(root, path));
  const bare = read(own.filter((path) => BARE.test(path) && !isNamed(path)));
  const origin = remote === undefined || repository !== undefined ? undefined : parseRemote(remote, []).url;
  return {
    ...{ name: repository, origin, folder: basename(root), defaultBranch, paths },
    files: [...read(own.filter(isNamed)), ...bare.filter(({ text }) => SHEBANG.test(text))],
  };
}

function isNamed(path: string): boolean {
  return BY_NAME.test(basename(path)) || BY_EXTENSION.test(path) || JSON_BESIDE_MANIFESTS.test(path);
}

function readText(root: string, path: string): TextFile[] {
  try {
    // A link to a Dockerfile is no second image.
    if (isDockerfile(path) && lstatSync(join(root, path)).isSymbolicLink()) return [];
    const bytes = readRepositoryFile(root, path, LARGEST);
    return [{ path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }];
  } catch {
    return [];
  }
}
