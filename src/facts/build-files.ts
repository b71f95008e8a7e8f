import { readdirSync, statSync } from 'node:fs';
import { basename, join, posix, resolve } from 'node:path';
import type { HelperTarget } from '../config/config.js';
import {
  LARGEST_SECRET,
  LEADS_OUT,
  leadsOut,
  readRegularFile,
  readRepositoryFile,
  RefusedFile,
} from '../lib/regular-file.js';
import type { TextFile } from './build-files-checkout.js';

/** What the work tree holds of one image's inputs. */
export interface ImageFiles {
  /** `empty`: a folder without files but the Dockerfile and its ignore file · `remote`: the URL of a repository or archive. */
  context: 'directory' | 'empty' | 'file' | 'missing' | 'remote';
  /** Text of the Dockerfile; undefined: there is none at that path. */
  dockerfile?: string;
  /** Where `dockerfile` leads when it is read from the repository root, and there is a file: a common slip. */
  dockerfileFromRoot?: string;
  /** The patterns that leave files out of the context. */
  ignore?: TextFile;
  /** Dockerfile, ignore file and contexts that are there and must not be read; the reason goes on after the path. */
  refused: { path: string; reason: string }[];
  /** Paths of `secrets: {file}` that can't be read. */
  missingSecretFiles: string[];
  /** Names of `secrets: {env}` that are not set or empty. */
  missingSecretVariables: string[];
}

/** Looks once at the files and variables that an image's build will ask for. */
export function probeBuildFiles(
  root: string,
  image: HelperTarget,
  variables: Readonly<Record<string, string | undefined>>,
): ImageFiles {
  const remote = isRemote(image.context);
  const inline = image.dockerfileInline;
  const refused: ImageFiles['refused'] = [];
  const read = (path: string) => readText(root, path, refused);
  const dockerfile = inline ?? (remote ? undefined : read(image.dockerfile));
  const written = remote ? '' : posix.relative(image.context, image.dockerfile);
  const fromRoot = dockerfile === undefined && !remote && kindOf(join(root, written)) === 'file';
  const ignore = remote ? undefined : readIgnore(image, read);
  for (const path of [image.context, ...Object.values(image.contexts)])
    if (!isRemote(path) && isElsewhere(root, path)) refused.push({ path, reason: LEADS_OUT });
  return {
    context: remote ? 'remote' : contextOf(root, image),
    dockerfile,
    ...(fromRoot && { dockerfileFromRoot: written }),
    ...(ignore && { ignore }),
    refused,
    missingSecretFiles: image.secrets
      .flatMap((secret) => ('file' in secret ? [secret.file] : []))
      .filter((file) => !isReadable(resolve(root, file))),
    missingSecretVariables: image.secrets
      .flatMap((secret) => ('env' in secret ? [secret.env] : []))
      .filter((name) => !variables[name]),
  };
}

function isRemote(context: string): boolean {
  return /^[a-z][a-z0-9+.-]*:|^git@/i.test(context);
}

/** The file beside the Dockerfile takes the place of the context's own, even when it is empty. */
function readIgnore(
  { context, dockerfile }: HelperTarget,
  read: (path: string) => string | undefined,
): TextFile | undefined {
  for (const path of [`${dockerfile}.dockerignore`, posix.join(context, '.dockerignore')]) {
    const text = read(path);
    if (text !== undefined) return { path, text };
  }
  return undefined;
}

function contextOf(root: string, { context, dockerfile }: HelperTarget): ImageFiles['context'] {
  const folder = join(root, context);
  const kind = kindOf(folder);
  if (kind !== 'directory') return kind;
  const own = [basename(dockerfile), `${basename(dockerfile)}.dockerignore`, '.dockerignore', '.gitkeep'];
  return namesIn(folder)?.every((name) => own.includes(name)) ? 'empty' : 'directory';
}

function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
  }
}

function kindOf(path: string): 'directory' | 'file' | 'missing' {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'missing';
  return stat.isDirectory() ? 'directory' : 'file';
}

function readText(root: string, path: string, refused: ImageFiles['refused']): string | undefined {
  try {
    return readRepositoryFile(root, path).toString();
  } catch (error) {
    if (error instanceof RefusedFile && kindOf(join(root, path)) !== 'directory')
      refused.push({ path, reason: error.message });
    return undefined;
  }
}

/** A folder elsewhere would be sent to the builder. */
function isElsewhere(root: string, context: string): boolean {
  try {
    return leadsOut(root, context);
  } catch {
    return false;
  }
}

function isReadable(secret: string): boolean {
  try {
    return readRegularFile(secret, LARGEST_SECRET).length >= 0;
  } catch {
    return false;
  }
}
