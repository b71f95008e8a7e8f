import type { Config } from '../config/config.js';
import { findKnownReleases } from '../deploy/status/known-releases.js';
import type { BaseImages } from '../dockerfile/description.js';
import { commitsBetween } from '../facts/git.js';
import type { ImageFingerprint } from '../fingerprint/fingerprint.js';
import { readFingerprints, externalImages } from '../fingerprint/read-fingerprints.js';
import { decodeRecord } from '../fingerprint/record.js';
import { withPlatforms, type Plan } from '../plan/plan.js';
import { requestedBuild } from '../plan/build-choice.js';
import { planDeploys } from '../plan/plan-deploys.js';
import { describeBuilds } from '../plan/dependencies.js';
import { describeBases } from '../registry/base-images.js';
import type { ReuseObjection } from '../registry/baseline/candidate.js';
import { findBaselines, type Baselines } from '../registry/baseline/find-baselines.js';
import type { RegistryClient } from '../registry/client.js';
import type { RunContext } from './run-context.js';
import { deploysToCome, ledgerObjection } from './trust.js';

interface ComparisonContext {
  runContext: RunContext;
  config: Config;
  client: RegistryClient;
  /** Why the signature of an image that has to be signed can't be trusted. */
  signatureObjection: ReuseObjection;
  openTarget: Parameters<typeof findKnownReleases>[0]['openTarget'];
  /** Called as soon as it is known that a run, which is more than a plan, will build. */
  onBuild(): void;
}

/** Reads what determines images, and what is published of them. */
export function connectComparison(context: ComparisonContext) {
  const { runContext, config, client, signatureObjection, openTarget, onBuild } = context;
  const { root, signal, platform, source, env } = runContext;
  return {
    describeBases: (plan: Plan): Promise<BaseImages> =>
      describeBases({
        ...{ client, platform, signal },
        references: externalImages(root, describeBuilds(plan.images, platform)),
      }),

    readInputs: (plan: Plan, bases?: BaseImages): Promise<Record<string, ImageFingerprint>> =>
      readFingerprints({ root, builds: describeBuilds(plan.images, platform), bases, signal }),

    async findBaselines(
      plan: Plan,
      inputs: Promise<Record<string, ImageFingerprint>>,
      bases?: Promise<BaseImages>,
      rights?: 'probe-to-build',
    ): Promise<Baselines> {
      const deploys = deploysToCome(plan, config, runContext.request.deploy);
      const reading = findKnownReleases({
        channels: [...deploys, ...reusedInPreview(plan, config)].flatMap((deploy) =>
          deploy.status === 'deploy'
            ? [{ repository: deploy.target.repository, branch: deploy.branch, channel: deploy.channel }]
            : [],
        ),
        images: plan.images.map(({ key, image }) => ({ key, image, releasedFrom: source.repository })),
        openTarget,
        signal,
      });
      const known = reading.then((ledgers) => ledgers.known);
      const { request } = runContext;
      const requested = plan.images.filter((image) => requestedBuild({ image, request, config }) !== undefined);
      const baselines = await findBaselines({
        client,
        // Of an index that was merged from platforms, a job that builds some of them compares those alone.
        ...(plan.publish.mode === 'by-digest'
          ? { images: withPlatforms(plan.images, platform), scope: 'platforms' as const }
          : { images: plan.images, scope: 'image' as const }),
        ...{ inputs, bases, known, requested: new Set(requested.map(({ key }) => key)) },
        ...(plan.publish.mode !== 'build-only' && { rights }),
        ...(rights && { onBuild }),
        objection:
          plan.sign === undefined
            ? async (...candidate) => ledgerObjection(plan, deploys, await known)(...candidate)
            : signatureObjection,
        decodeRecord,
        commitsSince: (commit) => commitsBetween({ cwd: root, env }, commit, source.commit),
        signal,
      });
      return { ...baselines, problems: [...(await reading).problems, ...baselines.problems] };
    },
  };
}

/** A pull request deploys nowhere, and reuses what its repository has deployed: only what it changes is built. */
function reusedInPreview({ source, publish, images }: Plan, config: Config): Plan['deploy'] {
  if (source.ref.type !== 'pull-request' || publish.mode !== 'push') return [];
  const keys = images.map(({ key }) => key);
  return planDeploys(config, source, publish, keys, 'true').filter(({ target }) => target.repository === undefined);
}
