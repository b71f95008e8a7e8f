import { posix } from 'node:path';
import type { BaseImages } from '../dockerfile/description.js';
import type { Dockerfile } from '../dockerfile/dockerfile.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import { useOf } from '../dockerfile/use.js';
import { openArguments } from './dockerfiles.js';
import type { DraftImage } from './draft.js';
import type { Repository } from './found.js';
import { FOR_DEVELOPERS } from './image-keys.js';
import { chosenByArgument } from './stages.js';
import { variableFor } from './workflows/settings.js';

/** What a Dockerfile needs and nothing gives. @param of a workflow that builds already makes what is copied */
export function imageRemarks(
  image: DraftImage,
  { files, paths }: Pick<Repository, 'files' | 'paths'>,
  of: 'new' | 'built',
): string[] {
  const { dockerfile: path, target, args, secrets, context } = image;
  const text = files.find((file) => file.path === path)?.text;
  if (text === undefined) return [];
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile)
    return [`${path} is no Dockerfile that could be built: ${dockerfile.unreadable}.`];
  const open = openArguments(dockerfile).filter((name) => !(name in args));
  const choice = target === undefined ? chosenByArgument(text) : undefined;
  const last = dockerfile.stages.at(-1)?.name ?? '';
  const use = useOfImage(dockerfile, image);
  const mounts = mountsOf(dockerfile, use?.stages ?? []);
  const lacking = mounts.secrets.filter((id) => !(id in secrets));
  const read = of === 'new' ? use?.reads[''] : undefined;
  const isThere = (source: string) => {
    const whole = posix.join(context, source);
    return whole === '.' || paths.some((each) => each === whole || each.startsWith(`${whole}/`));
  };
  const copied = read?.status === 'some' ? read.sources.map(({ pattern }) => literalPart(pattern)) : [];
  const absent = [...new Set(copied.filter((source) => !isThere(source)))];
  const remarks: [boolean, string][] = [
    [
      open.length > 0,
      `${path} asks for build arguments: args: { ${open.map((name) => `${name}: …`).join(', ')} }`,
    ],
    [
      choice !== undefined && !(choice.argument in args),
      `The last stage of ${path} is chosen by ${choice?.argument} (${choice?.stages.join(', ')}): each needs an image of its own, with args: { ${choice?.argument}: … }`,
    ],
    [
      target === undefined && FOR_DEVELOPERS.test(last),
      `${path} ends in the stage ${last}, which is built: another one is named with target: …`,
    ],
    [
      lacking.length > 0,
      `${path} mounts build secrets: secrets: { ${lacking.map((id) => `${id}: { env: ${variableFor(id)} }`).join(', ')} }, and in the workflow, at the step that releases, env: { ${lacking.map((id) => `${variableFor(id)}: \${{ secrets.${variableFor(id)} }}`).join(', ')} }`,
    ],
    [mounts.ssh, `${path} mounts an SSH agent, and a release passes none: let it take a build secret.`],
    [
      absent.length > 0,
      `${path} copies ${absent.join(', ')}, which ${context === '.' ? 'the repository' : context} does not have in git: let a stage of it make that, or a step of the workflow before the release.`,
    ],
  ];
  return remarks.flatMap(([holds, remark]) => (holds ? remark : []));
}

/** A pattern that matches nothing copies nothing; the folder that it looks into has to exist. */
function literalPart(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => /[*?[\\]/.test(part));
  return first < 0 ? pattern : parts.slice(0, first).join('/') || '.';
}

const UNASKED: BaseImages[string] = { unresolved: 'it was not asked for', assumed: 'no-triggers' };

function useOfImage(dockerfile: Dockerfile, { args, contexts, target }: DraftImage) {
  const description = { args, contexts, platforms: ['linux/amd64'], ...(target !== undefined && { target }) };
  const seen = useOf(dockerfile, description, {});
  if ('unreadable' in seen) return undefined;
  // No registry is asked here: a base rarely copies by ONBUILD.
  const use = useOf(
    dockerfile,
    description,
    Object.fromEntries(seen.images.map(({ reference }) => [reference, UNASKED])),
  );
  return 'unreadable' in use ? undefined : use;
}

function mountsOf({ stages }: Dockerfile, used: readonly number[]): { secrets: string[]; ssh: boolean } {
  const mounts = stages
    .filter(({ index }) => used.includes(index))
    .flatMap(({ instructions }) => instructions)
    .flatMap(({ keyword, flags }) => (keyword === 'RUN' ? flags : []))
    .filter(({ name }) => name === 'mount')
    .map(({ value }) => new Map(value.split(',').map((field) => field.split('=', 2) as [string, string])));
  const ids = mounts
    .filter((mount) => mount.get('type') === 'secret')
    .flatMap((mount) => {
      const target = mount.get('target') ?? mount.get('dst') ?? mount.get('destination');
      return mount.get('id') ?? (target === undefined ? [] : posix.basename(target));
    });
  return {
    secrets: [...new Set(ids)].filter((id) => /^[\w.-]+$/.test(id)),
    ssh: mounts.some((mount) => mount.get('type') === 'ssh'),
  };
}
