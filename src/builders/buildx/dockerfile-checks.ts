import { Cancelled, problem, warning, type Place, type Problem } from '../../lib/errors.js';
import { parseJson } from '../../lib/json.js';
import { run } from '../../lib/process.js';
import type { PlannedImage } from '../../plan/plan.js';
import type { BuildRequest } from '../built.js';
import { bakeDefinition } from './bake-definition.js';
import type { BuildxRequest } from './buildx.js';

export type CheckRequest = Pick<BuildRequest, 'plan' | 'root' | 'env' | 'signal' | 'redact'> &
  Pick<BuildxRequest, 'builder' | 'abilities'>;

/**
 * Runs BuildKit's checks of the Dockerfiles, without a build. A finding is a warning, or an error if `# check=error=true`
 * says so or the Dockerfile can't be parsed. buildx before 0.17 has no `bake --call=check`: the build reports the same
 * later. https://docs.docker.com/build/checks/
 */
export async function checkDockerfiles(request: CheckRequest): Promise<Problem[]> {
  const { plan, builder, abilities, root, env, signal } = request;
  // A builder is not started only for this.
  if (builder.type !== 'existing' || !abilities.call) return [];
  const bake = bakeDefinition(plan.images, 'no');
  if (Object.keys(bake.targets).length === 0) return [];
  const options = ['--builder', builder.name, '--call=check,format=json', '--progress=quiet'];
  const allow = abilities.allow ? bake.allow.map((item) => `--allow=${item}`) : [];
  const { stdout } = await run('docker', ['buildx', 'bake', '-f', '-', ...options, ...allow], {
    ...{ cwd: root, env, signal, group: 'own' as const, input: withoutOutputs(bake.json) },
  });
  if (signal.aborted) throw new Cancelled('checking the Dockerfiles');
  const { target: answer = {} } = (parseJson(stdout) ?? {}) as { target?: Answer };
  return plan.images.flatMap((image) => {
    const check = answer[bake.targets[image.key] ?? '']?.check;
    return check ? problemsOf(check, image, request.redact) : [];
  });
}

function withoutOutputs(json: string): string {
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

function problemsOf({ warnings, buildError }: Check, image: PlannedImage, redact: (text: string) => string): Problem[] {
  const isError = buildError?.message.startsWith('lint violation found') ?? false;
  const found = (warnings ?? []).map(({ ruleName, detail, url, location }): Problem => {
    const place = placeIn(image, location);
    const line = place.line === undefined ? '' : ` (line ${place.line})`;
    const message = redact(`${ruleName}: ${detail}${line}`);
    const see = url ? `See ${url}.` : undefined;
    if (!isError) return warning({ code: 'build/warning', message, image: image.key, place, ...(see && { fix: see }) });
    const skip = `Correct the line, or skip the check at the top of the file: \`# check=skip=${ruleName};error=true\`.`;
    const fix = [skip, see].filter(Boolean).join(' ');
    return problem({ code: 'preflight/dockerfile-check', message, image: image.key, place, fix });
  });
  const place = placeIn(image, buildError?.location);
  // Errors without a line, as of a missing base image, are better explained by the build.
  if (place.line === undefined || !/\bparse error\b/.test(buildError?.message ?? '')) return found;
  const message = redact(`The Dockerfile of image ${image.key} can't be read: ${buildError?.message}.`);
  return [...found, problem({ code: 'build/dockerfile-invalid', message, image: image.key, place })];
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
