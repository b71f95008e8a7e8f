import { Cancelled, type Place, type Problem } from '../../lib/errors.js';
import { run } from '../../lib/process.js';
import type { Plan, PlannedImage } from '../../plan/plan.js';
import { bakeDefinition } from './bake-definition.js';
import type { BuildRequest } from './buildx.js';
import type { BuildxBuilder } from './buildx-builder.js';

export type CheckRequest = Pick<BuildRequest, 'abilities' | 'root' | 'env' | 'signal' | 'redact'> & {
  plan: Plan;
  builder: BuildxBuilder;
};

/**
 * Asks BuildKit what its own checks find in the Dockerfiles of the images that are built: warnings, and errors
 * where `# check=error=true` says so or a Dockerfile can't be parsed. Nothing is built. Where buildx has no
 * `bake --call=check` (before 0.17), or gives no answer, there is nothing to tell: the build says the same later.
 * https://docs.docker.com/build/checks/
 * @returns warnings in the very words in which the build repeats them
 */
export async function checkDockerfiles(request: CheckRequest): Promise<Problem[]> {
  const { plan, builder, abilities, root, env, signal } = request;
  // A builder that has yet to be started is not worth it.
  if (builder.type !== 'existing' || !abilities.call) return [];
  const bake = bakeDefinition(plan.images, 'no');
  if (Object.keys(bake.targets).length === 0) return [];
  const allowed = [...bake.reads.map((path) => `fs.read=${path}`), ...bake.entitlements];
  const { stdout } = await run(
    'docker',
    [
      ...[
        'buildx',
        'bake',
        '-f',
        '-',
        '--builder',
        builder.name,
        '--call=check,format=json',
        '--progress=quiet',
      ],
      ...(abilities.allow ? allowed.map((item) => `--allow=${item}`) : []),
    ],
    { cwd: root, env, signal, group: 'own', input: withoutEffects(bake.json) },
  );
  if (signal?.aborted) throw new Cancelled('checking the Dockerfiles');
  const answer = readAnswer(stdout.toString());
  return plan.images.flatMap((image) => {
    const check = answer[bake.targets[image.key] ?? '']?.check;
    return check ? problemsOf(check, image, request.redact) : [];
  });
}

/** Neither caches nor outputs have a part in it. */
function withoutEffects(json: string): string {
  const definition = JSON.parse(json) as { target: Record<string, Record<string, unknown>> };
  for (const target of Object.values(definition.target))
    for (const name of ['output', 'cache-from', 'cache-to', 'attest', 'annotations']) delete target[name];
  return JSON.stringify(definition);
}

/** https://github.com/moby/buildkit/blob/master/frontend/subrequests/lint/lint.go */
interface Check {
  warnings?: { ruleName: string; detail: string; url?: string; location?: Location }[] | null;
  buildError?: { message: string; location?: Location };
}

interface Location {
  ranges?: { start: { line: number }; end?: { line: number } }[] | null;
}

type Answer = Record<string, { check?: Check } | undefined>;

function readAnswer(text: string): Answer {
  try {
    return (JSON.parse(text) as { target?: Answer }).target ?? {};
  } catch {
    return {};
  }
}

function problemsOf(
  { warnings, buildError }: Check,
  image: PlannedImage,
  redact: (text: string) => string,
): Problem[] {
  const refused = buildError?.message.startsWith('lint violation found') ?? false;
  const found = (warnings ?? []).map(({ ruleName, detail, url, location }): Problem => {
    const place = placeIn(image, location);
    const { line } = place;
    return {
      ...(refused
        ? { code: 'preflight/dockerfile-check', severity: 'error', fix: wayOut(ruleName, url) }
        : {
            code: 'build/warning',
            severity: 'warning',
            fix: url ? `See ${url}.` : 'The images are not affected.',
          }),
      message: redact(`${ruleName}: ${detail}${line === undefined ? '' : ` (line ${line})`}`),
      image: image.key,
      place,
    };
  });
  const broken = placeIn(image, buildError?.location);
  // Of what isn't in the text (a base image that can't be had) the build says more.
  if (
    buildError === undefined ||
    refused ||
    broken.line === undefined ||
    !/\bparse error\b/.test(buildError.message)
  )
    return found;
  return [
    ...found,
    {
      code: 'build/dockerfile-invalid',
      severity: 'error',
      message: redact(`The Dockerfile of image ${image.key} can't be read: ${buildError.message}.`),
      fix: 'Correct the line; what each instruction takes: https://docs.docker.com/reference/dockerfile/.',
      image: image.key,
      place: broken,
    },
  ];
}

function placeIn({ dockerfile }: PlannedImage, location: Location | undefined): Place {
  const [range] = location?.ranges ?? [];
  const [line, endLine] = [range?.start.line, range?.end?.line];
  return {
    file: dockerfile,
    line,
    ...(line !== undefined && endLine !== undefined && endLine > line && { endLine }),
  };
}

/** Of a check that the Dockerfile itself made an error. */
function wayOut(rule: string, url: string | undefined): string {
  const leave = `leave the check out at the top of the file: \`# check=skip=${rule};error=true\``;
  return `Correct the line, or ${leave}.${url ? ` See ${url}.` : ''}`;
}
