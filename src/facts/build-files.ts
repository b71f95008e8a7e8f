import { readFileSync, statSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import type { ImageConfig } from '../config/config.js';

/** What the work tree holds of one image's inputs. */
export interface ImageFiles {
  context: 'directory' | 'file' | 'missing';
  /** Text of the Dockerfile; undefined: there is none at that path. */
  dockerfile?: string;
  /** Where `dockerfile` leads when it is read from the repository root, and there is a file: a common slip. */
  dockerfileFromRoot?: string;
  /** Paths of `secrets: {file}` that can't be read. */
  missingSecretFiles: string[];
  /** Names of `secrets: {env}` that are not set or empty. */
  missingSecretVariables: string[];
}

/** Looks once at the files and variables that an image's build will ask for. */
export function probeBuildFiles(
  root: string,
  image: ImageConfig,
  variables: Readonly<Record<string, string | undefined>>,
): ImageFiles {
  const dockerfile = readText(join(root, image.dockerfile));
  const written = posix.relative(image.context, image.dockerfile);
  const fromRoot = dockerfile === undefined && kindOf(join(root, written)) === 'file';
  return {
    context: kindOf(join(root, image.context)),
    dockerfile,
    ...(fromRoot && { dockerfileFromRoot: written }),
    missingSecretFiles: image.secrets
      .flatMap((secret) => ('file' in secret ? [secret.file] : []))
      .filter((file) => readText(resolve(root, file)) === undefined),
    missingSecretVariables: image.secrets
      .flatMap((secret) => ('env' in secret ? [secret.env] : []))
      .filter((name) => !variables[name]),
  };
}

function kindOf(path: string): ImageFiles['context'] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'missing';
  return stat.isDirectory() ? 'directory' : 'file';
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
