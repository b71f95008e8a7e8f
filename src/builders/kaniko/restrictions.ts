import type { KanikoSettings } from '../../config/builder-settings.js';
import type { Dockerfile, Stage } from '../../dockerfile/dockerfile.js';
import type { Problem } from '../../lib/errors.js';
import type { PlannedImage } from '../../plan/plan.js';
import { heapProblems } from './restrictions-memory.js';
import { INSTRUCTION_RULES, platformRule, type Objection } from './restrictions-dockerfile.js';
import type { DockerfileReader } from './ports.js';

/** What an image and a helper target have in common for the check. */
export type KanikoCandidate = Pick<
  PlannedImage,
  'key' | 'context' | 'dockerfile' | 'dockerfileInline' | 'target' | 'args' | 'contexts' | 'secrets' | 'extra'
> & { platforms: readonly string[] };

export interface RestrictionQuestion {
  image: KanikoCandidate;
  /** Of its Dockerfile; undefined: it can't be read, which others tell. */
  text?: string;
  settings: Pick<KanikoSettings, 'limits'>;
  reader: DockerfileReader;
}

/**
 * What Kaniko can't do of what an image asks for, or leaves out without a word, so that another image than BuildKit's
 * would come of it. Of the Dockerfile only the stages count that go into the image.
 */
export function restrictionsOf(question: RestrictionQuestion): Problem[] {
  return [...settingProblems(question.image, question.reader), ...dockerfileProblems(question)];
}

const BUILDKIT = 'or build with BuildKit (`builder: buildx`, `kubernetes` or `remote`)';

function unsupported(image: KanikoCandidate, { what, fix, line }: Omit<Objection, 'severity'>): Problem {
  return {
    code: 'kaniko/unsupported',
    severity: 'error',
    message: `Image ${image.key}: Kaniko ${what}.`,
    fix: `${fix}, ${BUILDKIT}.`,
    image: image.key,
    // The text of a Dockerfile within a bake file has no lines of its own on disk.
    ...(line !== undefined &&
      image.dockerfileInline === undefined && { place: { file: image.dockerfile, line } }),
  };
}

/** Settings of bake targets that change nothing where Kaniko builds: bases are always asked for, groups are bake's. */
const HARMLESS = ['pull', 'description', 'inherits', 'matrix', 'name', 'call', 'no-cache-filter'];

function settingProblems(image: KanikoCandidate, reader: DockerfileReader): Problem[] {
  const found: Omit<Objection, 'severity'>[] = [];
  if (reader.kindOfContext(image.context).type !== 'local')
    found.push({
      what: `is sent the build context from here, and \`context\` is elsewhere: ${image.context}`,
      fix: 'Check it out, and name the folder',
    });
  for (const [name, value] of Object.entries(image.contexts)) {
    const { type } = reader.kindOfContext(value);
    if (name.includes('::'))
      found.push({
        what: `knows no context for one platform alone: ${name}`,
        fix: 'Name it without the platform',
      });
    else if (type === 'local' || type === 'remote')
      found.push({
        what: `has one build context, and \`contexts.${name}\` is another: ${value}`,
        fix: 'Move the files into the context, or name an image (`docker-image://…`, `image:<key>`)',
      });
  }
  for (const [name, value] of Object.entries(image.extra)) {
    if (HARMLESS.includes(name) || isEmpty(value) || (name === 'network' && value === 'default')) continue;
    found.push({ what: `has no setting \`${name}\``, fix: 'Leave it out' });
  }
  for (const platform of image.platforms)
    if (!/^linux\//.test(platform))
      found.push({ what: `builds for Linux alone, and not for ${platform}`, fix: 'Leave the platform out' });
  for (const { id } of image.secrets)
    if (id.includes(','))
      found.push({ what: `takes no comma in the id of a secret: ${id}`, fix: 'Give it another id' });
  return found.map((objection) => unsupported(image, objection));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function dockerfileProblems({ image, text, settings, reader }: RestrictionQuestion): Problem[] {
  const read = readStages(image, text, reader);
  if (read === undefined) return [];
  const { dockerfile, stages } = read;
  if (dockerfile.syntax !== undefined && dockerfile.doubts.some(({ line }) => line === 1))
    return [
      unsupported(image, {
        what: `reads Dockerfiles itself, and this one asks for another frontend: ${dockerfile.syntax}`,
        fix: "Use the syntax of Docker's own frontend",
        line: 1,
      }),
    ];
  const lines = text!.split('\n');
  const names = dockerfile.stages.flatMap(({ name }) => name ?? []);
  const objections = stages.flatMap((stage) => [
    ...platformRule(stage, { dockerfile, image, reader }),
    ...stage.instructions.flatMap((instruction) =>
      INSTRUCTION_RULES.flatMap((rule) => rule(instruction, { lines, stages: names, reader }) ?? []),
    ),
  ]);
  const refused = objections.filter(({ severity }) => severity === 'error');
  const warned = objections.find(({ severity }) => severity === 'warning');
  return [
    ...refused.map((objection) => unsupported(image, objection)),
    ...(warned === undefined ? [] : [cacheWarning(image, warned)]),
    ...heapProblems({ image, stages, limit: settings.limits?.memory }),
  ];
}

/** The stages that go into the image; undefined: others tell why they can't be told. */
function readStages(
  image: KanikoCandidate,
  text: string | undefined,
  reader: DockerfileReader,
): { dockerfile: Dockerfile; stages: Stage[] } | undefined {
  const dockerfile = text === undefined ? undefined : reader.parse(text);
  if (dockerfile === undefined || 'unreadable' in dockerfile) return undefined;
  const platforms = image.platforms.length > 0 ? [...image.platforms] : ['unknown-platform'];
  const use = reader.use(dockerfile, { ...image, platforms }, {});
  if ('unreadable' in use) return undefined;
  return { dockerfile, stages: dockerfile.stages.filter(({ index }) => use.stages.includes(index)) };
}

/** What is copied of the context by its plain name, with the line that does it. */
export function copiedPaths({
  image,
  text,
  reader,
}: Omit<RestrictionQuestion, 'settings'>): { path: string; line: number }[] {
  const { stages = [] } = readStages(image, text, reader) ?? {};
  return stages
    .flatMap(({ instructions }) => instructions)
    .filter(
      ({ keyword, flags }) => /^(?:COPY|ADD)$/.test(keyword) && !flags.some(({ name }) => name === 'from'),
    )
    .flatMap(({ rest, line }) =>
      reader
        .copyWords(rest)
        .slice(0, -1)
        .map((path) => ({ path, line })),
    )
    .filter(({ path }) => !/[$*?[\]\\"'<]|:\/\//.test(path));
}

/** BuildKit copies what such a link leads to. */
export function linkProblem(image: KanikoCandidate, { path, line }: { path: string; line: number }): Problem {
  return unsupported(image, {
    what: `copies ${path} as the link that it is, and not what it leads to`,
    fix: 'Name the file or folder that it leads to',
    line,
  });
}

function cacheWarning(image: KanikoCandidate, objection: Objection): Problem {
  const { code: _, ...problem } = unsupported(image, objection);
  return {
    ...problem,
    code: 'kaniko/cache-mount',
    severity: 'warning',
    fix: 'Nothing has to be done; steps with such mounts take as long as the first time. What a build with BuildKit keeps stays there.',
  };
}
