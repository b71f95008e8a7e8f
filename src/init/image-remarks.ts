import { posix } from 'node:path';
import type { Dockerfile } from '../dockerfile/dockerfile.js';
import { argumentsOf } from '../dockerfile/instructions.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { copiedPaths } from './dockerfiles.js';
import type { DraftImage, Repository } from './found.js';
import { FOR_DEVELOPERS, isVariant } from './image-names.js';
import { notesOf } from './notes.js';
import { variableFor } from './workflows/builds.js';

/**
 * Inputs that a Dockerfile needs and nothing provides.
 * @param of an image that a workflow builds, or a new one that nothing builds yet
 */
export function imageRemarks(
  { dockerfile: path, target, args, secrets, context }: DraftImage,
  { files, paths }: Pick<Repository, 'files' | 'paths'>,
  of: 'new' | 'built',
): string[] {
  const text = files.find((file) => file.path === path)?.text ?? '';
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) return [];
  const flags = dockerfile.stages.flatMap(({ instructions }) => instructions.flatMap((each) => each.flags));
  const mounts = flags.flatMap(({ name, value }) => (name === 'mount' ? value : []));
  const ids = mounts.flatMap((mount) =>
    /\btype=secret\b/.test(mount) ? (/(?:^|,)id=([\w.-]+)/.exec(mount)?.[1] ?? []) : [],
  );
  const lacking = [...new Set(ids)].filter((id) => !(id in secrets));
  const env = (value: (name: string) => string) => lacking.map((id) => value(id)).join(', ');
  const remarks = [
    lacking.length > 0 &&
      `${path} mounts build secrets: secrets: { ${env((id) => `${id}: { env: ${variableFor(id)} }`)} }, and env: { ${env((id) => `${variableFor(id)}: \${{ secrets.${variableFor(id)} }}`)} } at the step that releases.`,
    mounts.some((mount) => /\btype=ssh\b/.test(mount)) &&
      `${path} mounts an SSH agent, and a release passes none. Use a build secret.`,
  ];
  if (of === 'new') {
    const open = openArguments(dockerfile).filter((name) => !(name in args));
    const last = dockerfile.stages.at(-1)?.name ?? '';
    const ends = target === undefined && last !== '' ? endsOf(dockerfile, text) : [];
    const absent = copiedPaths(dockerfile)
      // A pattern that matches nothing copies nothing, but the folder that it looks into has to exist.
      .map((pattern) => pattern.replace(/(?:^|\/)[^/]*[*?[\\].*$/s, '') || '.')
      .filter((source) => {
        const whole = posix.join(context, source);
        return !['.', '.git'].includes(whole) && !paths.some((each) => each === whole || each.startsWith(`${whole}/`));
      });
    remarks.push(
      open.length > 0 &&
        `${path} declares build arguments without a value: args: { ${open.map((name) => `${name}: …`).join(', ')} }`,
      (ends.length > 1 || (target === undefined && FOR_DEVELOPERS.test(last))) &&
        `the proposal builds the last stage of ${path}, ${last}. Name another with \`target\`, or give each an image${ends.length > 0 ? `: ${ends.join(', ')}` : ''}.`,
      absent.length > 0 &&
        `${path} copies ${[...new Set(absent)].join(', ')}, which ${context === '.' ? 'the repository' : context} doesn't have in git. Make it in a stage, or in a step before the release.`,
    );
  }
  return notesOf(remarks);
}

/** Stages with names that no other stage uses, except those for developers and ways to build the same. */
function endsOf({ stages }: Dockerfile, text: string): string[] {
  const isUsed = (name: string) => new RegExp(`(?:^FROM\\s+(?:--\\S+\\s+)*|from=)${name}(?![\\w.-])`, 'im').test(text);
  const names = stages.flatMap(({ name }) => name ?? []);
  return names.filter((name) => !isUsed(name) && !FOR_DEVELOPERS.test(name) && !isVariant(name));
}

/** Bundlers write these into the code of the browser, so a default is seldom right. */
const PUBLIC = /^(?:NEXT_PUBLIC|VITE|REACT_APP|GATSBY|EXPO_PUBLIC)_\w+$/;
/** https://docs.docker.com/reference/dockerfile/#predefined-args and those that BuildKit fills in. */
const PREDEFINED =
  /^(?:(?:https?|ftp|no|all)_proxy|SOURCE_DATE_EPOCH|BUILDKIT_.*|BUILDPLATFORM|TARGET(?:PLATFORM|OS|ARCH|VARIANT|STAGE)|BUILD(?:OS|ARCH|VARIANT))$/i;

/** Build arguments without default, and those of the browser's code. */
function openArguments({ globalArgs, stages, escape }: Dockerfile): string[] {
  const all = [...globalArgs, ...stages.flatMap(({ instructions }) => instructions)]
    .filter(({ keyword }) => keyword === 'ARG')
    .flatMap(({ rest }) => argumentsOf(rest, escape));
  const known = all.filter(({ value }) => value !== undefined).map(({ name }) => name);
  const open = all.map(({ name }) => name).filter((name) => PUBLIC.test(name) || !known.includes(name));
  return [...new Set(open)].filter((name) => !PREDEFINED.test(name));
}
