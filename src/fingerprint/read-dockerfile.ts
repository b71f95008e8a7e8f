import type { BaseImages, BuildDescription, ImageInputs } from '../dockerfile/description.js';
import type { BuildUse, Dockerfile } from '../dockerfile/dockerfile.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { useOf } from '../dockerfile/use.js';
import { readSourceText } from './tree/source-text.js';

export interface ReadDockerfile {
  status: 'read';
  text: string;
  dockerfile: Dockerfile;
  use: BuildUse;
}

type Unknown = Extract<ImageInputs, { status: 'unknown' }>;

/** Reads an image's Dockerfile from the repository, wherever its context is, and what of it goes into the target. */
export function readDockerfile(
  root: string,
  description: BuildDescription,
  bases: BaseImages,
): ReadDockerfile | Unknown {
  const source =
    description.dockerfileInline === undefined
      ? readSourceText(root, description.dockerfile, 'followed')
      : ({ status: 'read', text: description.dockerfileInline } as const);
  if (source.status === 'missing') return unknown(`there is no ${description.dockerfile}`);
  if (source.status === 'doubtful') return unknown(`${description.dockerfile} ${source.doubt}`);
  const parsed = parseDockerfile(source.text);
  if ('unreadable' in parsed)
    return unknown(`its Dockerfile can't be read: ${parsed.unreadable}`, parsed.line);
  const dockerfile = withOwnFrontend(parsed, description);
  const use = useOf(dockerfile, description, bases);
  if ('unreadable' in use) return unknown(`its Dockerfile can't be read: ${use.unreadable}`, use.line);
  const remote = dockerfile.doubts.length > 0 ? findRemoteAdd(source.text) : undefined;
  if (remote !== undefined) return unknown('what it adds from elsewhere may change unseen', remote);
  return { status: 'read', text: source.text, dockerfile, use };
}

/** An argument may name another frontend than the Dockerfile does, and that one may read it in its own way. */
function withOwnFrontend(dockerfile: Dockerfile, { args }: BuildDescription): Dockerfile {
  if (args['BUILDKIT_SYNTAX'] === undefined) return dockerfile;
  const doubt = { reason: 'the argument BUILDKIT_SYNTAX names its frontend', line: 1 };
  return { ...dockerfile, doubts: [...dockerfile.doubts, doubt] };
}

/** Of a Dockerfile that can't be taken apart for certain: the first line that might add what is elsewhere. */
function findRemoteAdd(text: string): number | undefined {
  const lines = text.split('\n');
  if (!lines.some((line) => /\badd\b/i.test(line))) return undefined;
  const at = lines.findIndex((line) => !/^\s*#/.test(line) && /:\/\/|@[\w.-]+:|\$/.test(line));
  return at === -1 ? undefined : at + 1;
}

function unknown(reason: string, line?: number): Unknown {
  return { status: 'unknown', reason, ...(line !== undefined && { line }) };
}
