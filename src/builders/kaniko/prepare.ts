import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KanikoSettings } from '../../config/builder-settings.js';
import type { Dockerfile } from '../../dockerfile/dockerfile.js';
import { failure, throwProblems, type Problem, type ReleaseError } from '../../lib/errors.js';
import { readRepositoryFile } from '../../lib/regular-file.js';
import type { Plan } from '../../plan/plan.js';
import { rewriteDockerfile } from './dockerfile-rewrite.js';
import type { ContextOrder, KanikoPorts } from './ports.js';
import { copiedPaths, linkProblem, restrictionsOf, type KanikoCandidate } from './restrictions.js';
import { buildSecrets, type BuildSecrets } from './secrets.js';
import { basesIn, contextReferences, targetsOf, type Target } from './targets.js';

/** A target with all that is read of it before the first pod is made. */
export interface Prepared {
  target: Target;
  text: string;
  bytes: Buffer;
  dockerfile: Dockerfile;
  /** References of the images that it reads; those that are built before come without digest. */
  reads: string[];
  context: Omit<ContextOrder, 'dockerfile' | 'signal'>;
  secrets?: BuildSecrets;
}

interface Preparation {
  plan: Plan;
  root: string;
  env: NodeJS.ProcessEnv;
  settings: KanikoSettings;
  ports: KanikoPorts;
  signal: AbortSignal;
}

/** @throws ReleaseError what stands against any of the images, before anything is done for one of them */
export async function prepare(targets: readonly Target[], preparation: Preparation): Promise<Prepared[]> {
  const { plan, root, settings, ports, signal } = preparation;
  const { dockerfiles: reader } = ports;
  throwProblems(await checkKaniko(plan, { root, settings, reader }));
  const prepared = await Promise.all(targets.map((target) => prepareOne(target, targets, preparation)));
  await Promise.all(
    prepared.map(({ context, bytes }) => ports.surveyContext({ ...context, dockerfile: bytes, signal })),
  );
  return prepared;
}

/**
 * What stands against building the plan by Kaniko. For preflight, where all problems are told at once.
 * @throws never: a Dockerfile that can't be read is told by others
 */
export async function checkKaniko(
  plan: Plan,
  { root, settings, reader }: { root: string; settings: KanikoSettings; reader: KanikoPorts['dockerfiles'] },
): Promise<Problem[]> {
  const targets = targetsOf(plan.images);
  const found = await Promise.all(
    targets.map(async (target) => {
      const platforms = target.platforms.filter((platform) => platform !== '');
      const bytes = await readDockerfile(root, target).catch(() => undefined);
      const text = bytes?.toString();
      const image = { ...target, platforms };
      const problems = [
        ...restrictionsOf({ image, text, settings, reader }),
        ...(await copiedLinks(root, image, copiedPaths({ image, text, reader }))),
      ];
      const [base] = basesIn(target, targets);
      return plan.publish.mode !== 'build-only' || base === undefined
        ? problems
        : [...problems, unpushed(target, base)];
    }),
  );
  return found.flat();
}

async function copiedLinks(
  root: string,
  image: KanikoCandidate,
  copied: readonly { path: string; line: number }[],
): Promise<Problem[]> {
  const found = await Promise.all(
    copied.map(async (each) => {
      const path = join(root, image.context, each.path).replace(/\/+$/, '');
      const link = await lstat(path).then(
        (stats) => stats.isSymbolicLink(),
        () => false,
      );
      return link ? [linkProblem(image, each)] : [];
    }),
  );
  return found.flat();
}

function unpushed({ key }: Target, base: string): Problem {
  return {
    code: 'kaniko/unsupported',
    severity: 'error',
    message: `Image ${key}: Kaniko builds on ${base} only where that was pushed, and nothing is pushed now.`,
    fix: 'Build with push, or with BuildKit (`builder: buildx`, `kubernetes` or `remote`).',
    image: key,
  };
}

async function prepareOne(
  target: Target,
  targets: readonly Target[],
  { plan, root, env, ports }: Preparation,
): Promise<Prepared> {
  const { key } = target;
  const bytes = await readDockerfile(root, target).catch((cause: unknown) => {
    throw failure(
      {
        code: 'build/dockerfile-invalid',
        image: key,
        message: `Image ${key}: the Dockerfile ${target.dockerfile} can't be read.`,
        fix: 'Correct `dockerfile` of the image, a path from the root of the repository.',
      },
      { cause },
    );
  });
  const text = bytes.toString();
  const dockerfile = ports.dockerfiles.parse(text);
  if ('unreadable' in dockerfile) throw invalid(target, dockerfile.unreadable, dockerfile.line);
  const standing = (base: string) => targets.find((other) => other.key === base)?.repository;
  const contexts = contextReferences(target, plan.images, standing);
  const reads = new Set<string>();
  for (const platform of target.platforms) {
    const reader = ports.dockerfiles;
    const rewritten = rewriteDockerfile({ text, dockerfile, args: target.args, platform, contexts, reader });
    if (rewritten.status === 'refused') throw invalid(target, rewritten.reason, rewritten.line);
    for (const reference of rewritten.reads) reads.add(reference);
  }
  const rules = ports.readIgnoreRules(target.context, target);
  if ('doubt' in rules)
    throw failure({
      code: 'kaniko/unsupported',
      image: key,
      message: `Image ${key}: what its context leaves out can't be told: ${rules.doubt}.`,
      fix: 'Write the pattern in a plainer way, or build with BuildKit.',
    });
  const secrets = await buildSecrets(target, { root, env });
  return {
    ...{ target, text, bytes, dockerfile },
    reads: [...reads],
    context: { image: key, name: target.context, folder: join(root, target.context), rules: rules.rules },
    ...(secrets && { secrets }),
  };
}

async function readDockerfile(root: string, target: Target): Promise<Buffer> {
  return target.dockerfileInline === undefined
    ? readRepositoryFile(root, target.dockerfile)
    : Buffer.from(target.dockerfileInline);
}

export function invalid(target: Target, reason: string, line?: number): ReleaseError {
  const { key, dockerfile, dockerfileInline } = target;
  return failure({
    code: 'build/dockerfile-invalid',
    image: key,
    message: `Image ${key}: the Dockerfile can't be built: ${reason}.`,
    fix: 'Correct the line.',
    ...(line !== undefined && dockerfileInline === undefined && { place: { file: dockerfile, line } }),
  });
}
