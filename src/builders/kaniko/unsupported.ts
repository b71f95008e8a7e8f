import type { KanikoSettings } from '../../config/builder-settings.js';
import { kindOfContext, type Dockerfile, type Stage } from '../../dockerfile/dockerfile.js';
import { copyWords } from '../../dockerfile/instructions.js';
import { parseDockerfile } from '../../dockerfile/parse.js';
import { stagesOf } from '../../dockerfile/use.js';
import { problem, warning, type Problem } from '../../lib/errors.js';
import type { Target } from './targets.js';
import { INSTRUCTION_RULES, otherPlatform, type Unsupported } from './unsupported-instructions.js';

/**
 * Settings of a target that Kaniko can't do or ignores, so that it would build another image than BuildKit. Of
 * the Dockerfile only the stages count that go into the image.
 * @param text of the Dockerfile; undefined: unreadable, which others report
 */
export function kanikoUnsupported(
  target: Target,
  text: string | undefined,
  { limits }: Pick<KanikoSettings, 'limits'>,
): Problem[] {
  const settings = unsupportedSettings(target).map((found) => unsupportedProblem(target, found));
  const read = readStages(target, text);
  if (read === undefined) return settings;
  const { dockerfile, stages } = read;
  if (dockerfile.syntax !== undefined && dockerfile.doubts.some(({ line }) => line === 1)) {
    const what = `reads Dockerfiles itself, and this one asks for another frontend: ${dockerfile.syntax}`;
    const found = { what, fix: "Use the syntax of Docker's own frontend", line: 1 };
    return [...settings, unsupportedProblem(target, found)];
  }
  const around = { lines: text!.split('\n'), stages: dockerfile.stages.flatMap(({ name }) => name ?? []) };
  const found = stages.flatMap((stage) => [
    ...otherPlatform(stage, dockerfile, target),
    ...stage.instructions.flatMap((each) => INSTRUCTION_RULES.flatMap((rule) => rule(each, around))),
  ]);
  const cacheMount = found.find(({ severity }) => severity === 'warning');
  return [
    ...settings,
    ...found.filter(({ severity }) => severity === 'error').map((each) => unsupportedProblem(target, each)),
    ...(cacheMount === undefined ? [] : [cacheMountWarning(target, cacheMount)]),
    ...heapProblems(target, stages, limits?.memory),
  ];
}

const BUILDKIT = 'or build with BuildKit (`builder: buildx`, `kubernetes` or `remote`)';

type Finding = Omit<Unsupported, 'severity'>;

function unsupportedProblem(target: Target, { what, fix, line }: Finding): Problem {
  const message = `Image ${target.key}: Kaniko ${what}.`;
  const place = placeOf(target, line);
  return problem({ code: 'kaniko/unsupported', message, fix: `${fix}, ${BUILDKIT}.`, image: target.key, ...place });
}

function cacheMountWarning(target: Target, found: Finding): Problem {
  const fix = 'Nothing has to be done: only these steps take longer.';
  return warning({ ...unsupportedProblem(target, found), fix });
}

function placeOf({ dockerfile, dockerfileInline }: Target, line: number | undefined) {
  return line !== undefined && dockerfileInline === undefined ? { place: { file: dockerfile, line } } : {};
}

/** Settings of bake targets that change nothing for Kaniko. */
const HARMLESS = ['pull', 'description', 'inherits', 'matrix', 'name', 'call', 'no-cache-filter'];

function unsupportedSettings({ context, contexts, extra, platforms, secrets }: Target): Finding[] {
  const found: Finding[] = [];
  if (kindOfContext(context).type !== 'local')
    found.push({ what: `needs a local \`context\`: ${context}`, fix: 'Check it out, and name the folder' });
  for (const [name, value] of Object.entries(contexts)) {
    const { type } = kindOfContext(value);
    if (name.includes('::'))
      found.push({
        what: `has no contexts for single platforms: ${name}`,
        fix: 'Name it without the platform',
      });
    else if (type === 'local' || type === 'remote')
      found.push({
        what: `has one build context, and \`contexts.${name}\` is another: ${value}`,
        fix: 'Move the files into the context, or name an image (`docker-image://…`, `image:<key>`)',
      });
  }
  for (const [name, value] of Object.entries(extra))
    if (!HARMLESS.includes(name) && !isEmpty(value) && !(name === 'network' && value === 'default'))
      found.push({ what: `has no setting \`${name}\``, fix: 'Leave it out' });
  for (const platform of platforms)
    if (!platform.startsWith('linux/'))
      found.push({ what: `builds only for Linux, not for ${platform}`, fix: 'Leave the platform out' });
  for (const { id } of secrets)
    if (id.includes(','))
      found.push({ what: `can't read a secret with a comma in its id: ${id}`, fix: 'Give it another id' });
  return found;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** The stages that go into the image; undefined: others report why they are unknown. */
function readStages(target: Target, text: string | undefined): { dockerfile: Dockerfile; stages: Stage[] } | undefined {
  const dockerfile = text === undefined ? undefined : parseDockerfile(text);
  if (dockerfile === undefined || 'unreadable' in dockerfile) return undefined;
  const stages = stagesOf(dockerfile, target);
  return stages && { dockerfile, stages };
}

/** Paths in the context that are copied by their plain names. */
export function copiedPaths(target: Target, text: string | undefined): { path: string; line: number }[] {
  const { stages = [] } = readStages(target, text) ?? {};
  return stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ keyword, flags }) => /^(?:COPY|ADD)$/.test(keyword) && !flags.some(({ name }) => name === 'from'))
    .flatMap(({ rest, line }) =>
      copyWords(rest)
        .slice(0, -1)
        .map((path) => ({ path, line })),
    )
    .filter(({ path }) => !/[$*?[\]\\"'<]|:\/\//.test(path));
}

export function linkProblem(target: Target, { path, line }: { path: string; line: number }): Problem {
  const what = `copies the link ${path} itself; BuildKit copies what it points to`;
  return unsupportedProblem(target, { what, fix: 'Name the file or folder that it points to', line });
}

export function unpushedBase(target: Target, base: string): Problem {
  const what = `can build on ${base} only after a push, and this run pushes nothing`;
  return unsupportedProblem(target, { what, fix: 'Build with push' });
}

const MEBI = 1024 ** 2;
const UNITS: Readonly<Record<string, number>> = {
  ...{ '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
  ...{ Ki: 1024, Mi: MEBI, Gi: 1024 ** 3, Ti: 1024 ** 4 },
};

/** A step that uses as much memory as the pod has is killed before it reaches its own limit. */
function heapProblems(target: Target, stages: readonly Stage[], limit: string | undefined): Problem[] {
  // https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
  const [, number, exponent = '0', unit = ''] = /^(\d+(?:\.\d+)?)(?:e(\d+))?([kMGT]i?|Ki)?$/.exec(limit ?? '') ?? [];
  if (number === undefined) return [];
  const bytes = Number(number) * 10 ** Number(exponent) * UNITS[unit]!;
  const steps = stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ keyword }) => ['RUN', 'ENV', 'ARG'].includes(keyword));
  const texts = [{ rest: Object.values(target.args).join(' '), line: undefined }, ...steps];
  for (const { rest, line } of texts) {
    const { heap, flag } = largestHeap(rest);
    if (heap < bytes) continue;
    return [
      problem({
        code: 'kaniko/memory-limit',
        message: `Image ${target.key}: the memory limit ${limit} of the pod is too low for the heap that the build sets: ${flag}.`,
        fix: `Set \`limits.memory\` of the builder to ${Math.ceil((heap * 1.25) / 2 ** 30)}Gi, a quarter above the heap, or lower the heap.`,
        image: target.key,
        ...placeOf(target, line),
      }),
    ];
  }
  return [];
}

function largestHeap(text: string): { heap: number; flag: string } {
  const flags = /--max[-_]old[-_]space[-_]size[= ](\d+)|-Xmx(\d+)([kmg]?)\b/gi;
  return [...text.matchAll(flags)]
    .map(([flag, node, java, unit = '']) => {
      const factor = { k: 1024, m: MEBI, g: 1024 ** 3 }[unit.toLowerCase()] ?? 1;
      return { heap: node === undefined ? Number(java) * factor : Number(node) * MEBI, flag };
    })
    .reduce((most, each) => (each.heap > most.heap ? each : most), { heap: 0, flag: '' });
}
