import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KanikoSettings } from '../../config/builder-settings.js';
import type { Dockerfile, UnreadableDockerfile } from '../../dockerfile/dockerfile.js';
import { parseDockerfile } from '../../dockerfile/parse.js';
import { failure, throwProblems, type Problem } from '../../lib/errors.js';
import { readRepositoryFile } from '../../lib/regular-file.js';
import type { Plan } from '../../plan/plan.js';
import type { BuildRequest } from '../builder.js';
import { surveyContext, type ContextRequest } from '../context/context.js';
import { rewriteDockerfile } from './dockerfile-rewrite.js';
import type { KanikoPorts } from './ports.js';
import { buildSecrets, type BuildSecrets } from './secrets.js';
import { basesIn, contextReferences, podPlatforms, targetsOf, type Target } from './targets.js';
import { copiedPaths, kanikoUnsupported, linkProblem, unpushedBase } from './unsupported.js';

/** A target with everything that is read before the first pod is created. */
export interface PreparedTarget {
  target: Target;
  text: string;
  bytes: Buffer;
  dockerfile: Dockerfile;
  /** References of the images that it reads; those that this run builds are without digest. */
  reads: string[];
  context: Omit<ContextRequest, 'dockerfile' | 'signal'>;
  secrets?: BuildSecrets;
}

/** @throws ReleaseError with the problems of all targets, before anything is built */
export async function prepareTargets(
  order: BuildRequest,
  settings: KanikoSettings,
  ports: KanikoPorts,
): Promise<PreparedTarget[]> {
  const { plan, root, signal } = order;
  throwProblems(await checkKaniko(plan, root, settings));
  const targets = targetsOf(plan.images);
  const prepared = await Promise.all(targets.map((target) => prepareTarget(target, targets, order, ports)));
  await Promise.all(prepared.map(({ context }) => surveyContext({ ...context, signal })));
  return prepared;
}

/** Why Kaniko can't build the plan. Unreadable Dockerfiles are reported by others. */
export async function checkKaniko(plan: Plan, root: string, settings: KanikoSettings): Promise<Problem[]> {
  const targets = targetsOf(plan.images);
  const problems = await Promise.all(
    targets.map(async (target) => {
      const bytes = await readDockerfile(root, target).catch(() => undefined);
      const text = bytes?.toString();
      const [base] = basesIn(target, targets);
      const unpushed = plan.publish.mode === 'build-only' && base !== undefined;
      return [
        ...kanikoUnsupported(target, text, settings),
        ...(await copiedLinks(root, target, text)),
        ...(unpushed ? [unpushedBase(target, base)] : []),
      ];
    }),
  );
  return problems.flat();
}

async function copiedLinks(root: string, target: Target, text: string | undefined): Promise<Problem[]> {
  const problems = await Promise.all(
    copiedPaths(target, text).map(async (copied) => {
      const path = join(root, target.context, copied.path).replace(/\/+$/, '');
      const stats = await lstat(path).catch(() => undefined);
      return stats?.isSymbolicLink() ? [linkProblem(target, copied)] : [];
    }),
  );
  return problems.flat();
}

async function prepareTarget(
  target: Target,
  targets: readonly Target[],
  { plan, root, env }: BuildRequest,
  ports: KanikoPorts,
): Promise<PreparedTarget> {
  const { key } = target;
  const bytes = await readDockerfile(root, target).catch((cause: unknown) => {
    const message = `Image ${key}: the Dockerfile ${target.dockerfile} can't be read.`;
    throw failure({ code: 'build/dockerfile-invalid', image: key, message }, { cause });
  });
  const text = bytes.toString();
  const dockerfile = accepted(target, parseDockerfile(text));
  const contexts = contextReferences(
    target,
    plan.images,
    (base) => targets.find((other) => other.key === base)?.repository,
  );
  const reads = podPlatforms(target).flatMap(
    (platform) =>
      accepted(target, rewriteDockerfile({ text, dockerfile, args: target.args, platform, contexts })).reads,
  );
  const ignore = ports.readIgnoreRules(target.context, target);
  if (ignore.status === 'unknown')
    throw failure({
      code: 'kaniko/unsupported',
      image: key,
      message: `Image ${key}: the ignored files of its context are unknown: ${ignore.reason}.`,
      fix: 'Write the pattern in a plainer way, or build with BuildKit.',
    });
  const secrets = buildSecrets(target, { root, env });
  const folder = join(root, target.context);
  return {
    ...{ target, text, bytes, dockerfile },
    reads: [...new Set(reads)],
    context: { image: key, name: target.context, folder, rules: ignore.rules },
    ...(secrets && { secrets }),
  };
}

async function readDockerfile(root: string, target: Target): Promise<Buffer> {
  return target.dockerfileInline === undefined
    ? readRepositoryFile(root, target.dockerfile)
    : Buffer.from(target.dockerfileInline);
}

/** @throws ReleaseError `build/dockerfile-invalid` if BuildKit would refuse the Dockerfile */
export function accepted<Read extends object>(
  { key, dockerfile, dockerfileInline }: Target,
  read: Read | UnreadableDockerfile,
): Read {
  if (!('unreadable' in read)) return read;
  const { unreadable, line } = read;
  throw failure({
    code: 'build/dockerfile-invalid',
    image: key,
    message: `Image ${key}: the Dockerfile can't be built: ${unreadable}.`,
    ...(line !== undefined && dockerfileInline === undefined && { place: { file: dockerfile, line } }),
  });
}
