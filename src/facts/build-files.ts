import { readdirSync, statSync } from 'node:fs';
import { basename, join, posix, resolve } from 'node:path';
import type { HelperTarget, ImageConfig } from '../config/config.js';
import { kindOfContext } from '../dockerfile/dockerfile.js';
import { attempt } from '../lib/json.js';
import {
  LARGEST_SECRET,
  LEADS_OUT,
  leadsOut,
  readRegularFile,
  readRepositoryFile,
  RefusedFile,
} from '../lib/regular-file.js';
import { Secret } from '../lib/secret.js';
import type { TextFile } from './build-files-checkout.js';

export interface ImageFiles {
  /** `empty`: a folder without files but the Dockerfile and its ignore file · `remote`: the URL of a repository or archive. */
  context: 'directory' | 'empty' | 'file' | 'missing' | 'remote';
  /** Text of the Dockerfile; undefined: there is none at that path. */
  dockerfile?: string;
  /** The path that `dockerfile` names from the repository root, if there is such a file: a common slip. */
  dockerfileFromRoot?: string;
  ignore?: TextFile;
  /** Dockerfile, ignore file and contexts that exist and must not be read; the reason follows the path. */
  refused: { path: string; reason: string }[];
  /** Paths of `secrets: {file}` that can't be read. */
  missingSecretFiles: string[];
  /** Names of `secrets: {env}` that are not set or empty. */
  missingSecretVariables: string[];
}

/** Looks at the files and variables that an image's build needs. */
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
    // A folder elsewhere would be sent to the builder.
    if (!isRemote(path) && attempt(() => leadsOut(root, path), false)) refused.push({ path, reason: LEADS_OUT });
  return {
    context: remote ? 'remote' : contextOf(root, image),
    dockerfile,
    dockerfileFromRoot: fromRoot ? written : undefined,
    ignore,
    refused,
    missingSecretFiles: image.secrets
      .flatMap((secret) => ('file' in secret ? [secret.file] : []))
      .filter((file) => !isReadable(resolve(root, file))),
    missingSecretVariables: image.secrets
      .flatMap((secret) => ('env' in secret ? [secret.env] : []))
      .filter((name) => !variables[name]),
  };
}

const isRemote = (context: string): boolean => kindOfContext(context).type !== 'local';

/** The file next to the Dockerfile replaces the context's own, even if it is empty. */
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
  return attempt(() => readdirSync(folder), ['?']).every((name) => own.includes(name)) ? 'empty' : 'directory';
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

const isReadable = (file: string): boolean => attempt(() => readRegularFile(file, LARGEST_SECRET) !== undefined, false);

/** Larger secrets (an archive, a key ring) are not text that a build prints. */
const LARGEST_PRINTED = 64 * 1024;
/** Shorter lines of a file are its punctuation (`{`, `true`), and hiding them would only garble the log. */
const SHORTEST_LINE = 8;

/**
 * The values of build secrets, for redaction: BuildKit keeps them out of images and provenance, but a RUN step may print
 * them. Each line of a file is one value. Missing secrets are left out.
 * @param root where relative paths start
 */
export function readBuildSecrets(
  images: readonly Pick<ImageConfig, 'secrets'>[],
  root: string,
  variables: Readonly<Record<string, string | undefined>>,
): Secret[] {
  return images
    .flatMap(({ secrets }) => secrets)
    .flatMap((secret) => ('env' in secret ? (variables[secret.env] ?? '') : linesOf(resolve(root, secret.file))))
    .filter((value) => value.trim() !== '')
    .map((value) => new Secret(value));
}

function linesOf(file: string): string[] {
  const text = attempt(() => readRegularFile(file, LARGEST_PRINTED).toString(), '');
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_LINE);
}
