import { parseDockerfile } from '../../dockerfile/parse.js';
import { failure, ReleaseError } from '../../lib/errors.js';
import type { ProblemCode } from '../../lib/problem-catalogue.js';
import { cacheRepositoryOf, executorArguments } from './arguments.js';
import type { KanikoBuild } from './build.js';
import { rewriteDockerfile } from './dockerfile-rewrite.js';
import type { AttestRequest } from './ports.js';
import { written } from './prepare.js';
import { runExecutor } from './run-executor.js';
import { stagingTag, verifyPushed } from './staging.js';
import type { Target } from './targets.js';

/** Builds a Dockerfile over an empty context: the scan that makes the SBOM of a target. */
export async function buildScanner(
  target: Target,
  { platform, dockerfile: text, name }: Parameters<AttestRequest['buildFile']>[0],
  build: KanikoBuild,
): Promise<{ digest: string }> {
  const { settings, ports, order, signal } = build;
  const { key, repository, sourceDateEpoch } = target;
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) throw new Error(`The Dockerfile of ${name} is invalid.`);
  const request = { text, dockerfile, args: {}, platform, contexts: {} };
  const { reads } = written(target, rewriteDockerfile(request));
  const destination = stagingTag(target, { platform, task: name, run: ports.run }, order.plan.publish)!;
  const args = executorArguments({
    ...{ destination, platform, reads, sourceDateEpoch },
    target: { args: {}, labels: {}, noCache: true },
    annotations: {},
    cacheRepository: cacheRepositoryOf(repository, settings.cacheRepository),
    cache: 'read',
    secrets: [],
  });
  const rules = { ignores: () => true, prunes: () => true };
  const context = { image: key, name: '(empty)', folder: order.root, rules, dockerfile: text };
  const source = { target: { key, dockerfile: '', dockerfileInline: text } };
  const { digest } = await runExecutor({ key, platform, task: name, args, context, source, destination }, build).catch(
    (error: unknown) => {
      throw scannerError(error, reads[0] ?? '', key);
    },
  );
  return { digest: await verifyPushed(key, { image: destination.image, digest }, ports, signal) };
}

/** The scanner is missing, not failing: with `best-effort` the image is published without an SBOM. */
const MISSING: readonly ProblemCode[] = ['build/base-image-missing', 'build/registry-denied', 'build/network'];

function scannerError(error: unknown, scanner: string, key: string): unknown {
  if (!(error instanceof ReleaseError) || !MISSING.includes(error.code)) return error;
  const reason = error.message.replace(`Image ${key}: `, '');
  return failure(
    {
      code: 'build/sbom-scanner',
      image: key,
      message: `Image ${key}: the SBOM scanner ${scanner} can't be pulled: ${reason}`,
      fix: 'Name a copy that pods can pull in `attest.scanner`, or give them a login for its registry; with `attest.sbom: best-effort` images are published without an SBOM if the scanner is missing, with `off` always.',
    },
    { cause: error },
  );
}
