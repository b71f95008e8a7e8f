import { posix } from 'node:path';
import type { BaseImages } from '../../inputs/description.js';
import type { Dockerfile } from '../../inputs/dockerfile/dockerfile.js';
import { parseDockerfile } from '../../inputs/dockerfile/parse.js';
import { useOf } from '../../inputs/dockerfile/use.js';
import { openArguments } from './dockerfiles.js';
import type { DraftImage } from './draft.js';
import type { Repository } from './found.js';
import { FOR_DEVELOPERS } from './image-keys.js';
import { chosenByArgument } from './stages.js';

/** What a Dockerfile asks for and nothing gives, told beside its image. */
export function imageRemarks(image: DraftImage, { files }: Pick<Repository, 'files'>): string[] {
  const { dockerfile: path, target, args, secrets } = image;
  const text = files.find((file) => file.path === path)?.text;
  if (text === undefined) return [];
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile)
    return [`${path} is no Dockerfile that could be built: ${dockerfile.unreadable}.`];
  const open = openArguments(text).filter((name) => !(name in args));
  const choice = target === undefined ? chosenByArgument(text) : undefined;
  const last = dockerfile.stages.at(-1)?.name ?? '';
  const mounts = mountsOf(dockerfile, image);
  const lacking = mounts.secrets.filter((id) => !(id in secrets));
  return [
    ...(open.length === 0
      ? []
      : [`${path} asks for build arguments: args: { ${open.map((name) => `${name}: …`).join(', ')} }`]),
    ...(choice === undefined || choice.argument in args
      ? []
      : [
          `The last stage of ${path} is chosen by ${choice.argument} (${choice.stages.join(', ')}): each needs an image of its own, with args: { ${choice.argument}: … }`,
        ]),
    ...(target === undefined && FOR_DEVELOPERS.test(last)
      ? [`${path} ends in the stage ${last}, which is what is built: another one is named with target: …`]
      : []),
    ...(lacking.length === 0
      ? []
      : [
          `${path} mounts build secrets: secrets: { ${lacking.map((id) => `${id}: { env: ${variableOf(id)} }`).join(', ')} }, and in the workflow, at the step that releases, env: { ${lacking.map((id) => `${variableOf(id)}: \${{ secrets.${variableOf(id)} }}`).join(', ')} }`,
        ]),
    ...(mounts.ssh
      ? [`${path} mounts an SSH agent, and a release hands none on: let it take a build secret.`]
      : []),
  ];
}

/** What is copied and not in git: made by hand, or by a step that the new workflow does not have. */
export function absentRemarks(
  image: DraftImage,
  { files, paths }: Pick<Repository, 'files' | 'paths'>,
): string[] {
  const { dockerfile: path, context } = image;
  const dockerfile = parseDockerfile(files.find((file) => file.path === path)?.text ?? '');
  const read = 'unreadable' in dockerfile ? undefined : useOfImage(dockerfile, image)?.reads[''];
  if (read?.status !== 'some') return [];
  const isThere = (source: string) => {
    const whole = posix.join(context, source);
    return whole === '.' || paths.some((each) => each === whole || each.startsWith(`${whole}/`));
  };
  const absent = read.sources.map(({ pattern }) => literalPart(pattern)).filter((source) => !isThere(source));
  if (absent.length === 0) return [];
  return [
    `${path} copies ${[...new Set(absent)].join(', ')}, which ${context === '.' ? 'the repository' : context} does not have in git: let a stage of it make that, or a step of the workflow before the release.`,
  ];
}

/** A pattern that matches nothing copies nothing; the folder that it looks into has to be there. */
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
  // No registry is asked here: that a base copies by ONBUILD is rare, and only a build finds it.
  const bases = seen.images.map(({ reference }) => [reference, UNASKED] as const);
  const use = useOf(dockerfile, description, Object.fromEntries(bases));
  return 'unreadable' in use ? undefined : use;
}

function mountsOf(dockerfile: Dockerfile, image: DraftImage): { secrets: string[]; ssh: boolean } {
  const used = useOfImage(dockerfile, image)?.stages ?? [];
  const mounts = dockerfile.stages
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

function variableOf(id: string): string {
  return id.toUpperCase().replace(/\W+/g, '_').replace(/^_+/, '');
}
