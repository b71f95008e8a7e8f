import { failure, ReleaseError } from '../../lib/errors.js';
import type { ProblemCode } from '../../lib/problem-catalogue.js';
import { cacheRepositoryOf, executorArguments } from './arguments.js';
import { rewriteDockerfile } from './dockerfile-rewrite.js';
import type { Kitchen } from './kitchen.js';
import { runExecutor, type ExecutorRun } from './pod-run.js';
import { confirm, stage } from './pushed.js';
import type { Target } from './targets.js';

/** Builds a Dockerfile over nothing, for whoever attests the image. */
export async function buildFile(
  target: Target,
  { platform, dockerfile: text, name }: { platform: string; dockerfile: string; name: string },
  kitchen: Kitchen,
): Promise<{ digest: string }> {
  const { settings, ports } = kitchen;
  const reader = ports.dockerfiles;
  const dockerfile = reader.parse(text);
  if ('unreadable' in dockerfile) throw new Error(`The Dockerfile of ${name} is invalid.`);
  const rewritten = rewriteDockerfile({ text, dockerfile, args: {}, platform, contexts: {}, reader });
  if (rewritten.status === 'refused') throw new Error(`The Dockerfile of ${name}: ${rewritten.reason}.`);
  const destination = stage(target, platform, name, kitchen)!;
  const args = executorArguments({
    target: { key: target.key, args: {}, labels: {}, noCache: true },
    destination,
    ...(platform !== '' && { platform }),
    annotations: {},
    cacheRepository: cacheRepositoryOf(target.repository, settings.cacheRepository),
    cache: 'read',
    sourceDateEpoch: target.sourceDateEpoch,
    secrets: [],
    reads: rewritten.reads,
  });
  const nothing = { ignores: () => false, prunes: () => false };
  const folder = { image: target.key, name: '(nothing)', folder: kitchen.emptyFolder, rules: nothing };
  const run: ExecutorRun = {
    ...{ key: target.key, platform, task: name, args },
    context: { ...folder, dockerfile: text },
    file: { key: target.key, dockerfile: '', dockerfileInline: text },
    destination,
  };
  const { digest } = await runExecutor(run, kitchen).catch((error: unknown) => {
    throw scannerProblem(error, rewritten.reads[0] ?? '', target);
  });
  await confirm(target, destination.image, digest, kitchen);
  return { digest: digest! };
}

/** What is wrong with a base where the base is a scanner. */
const NOT_TO_BE_HAD: readonly ProblemCode[] = [
  'build/base-image-missing',
  'build/registry-denied',
  'build/registry-denied',
  'build/network',
];

/** A scanner that runs and fails has failed; one that can't be had may be done without. */
function scannerProblem(error: unknown, scanner: string, { key }: Target): unknown {
  if (!(error instanceof ReleaseError) || !NOT_TO_BE_HAD.includes(error.code)) return error;
  return failure(
    {
      code: 'build/sbom-scanner',
      image: key,
      message: `Image ${key}: the SBOM scanner ${scanner} can't be had: ${withoutImage(error.message, key)}`,
      fix: 'Name a copy that pods can pull in `attest.scanner`, or give them a login for its registry; with `attest.sbom: best-effort` images are published without an SBOM where the scanner can not be had, with `off` always.',
    },
    { cause: error },
  );
}

const withoutImage = (message: string, key: string): string => message.replace(`Image ${key}: `, '');
