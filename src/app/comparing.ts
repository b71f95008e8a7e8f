import { findKnownReleases } from '../deploy/status/known-releases.js';
import { commitsBetween } from '../facts/git-history.js';
import type { BaseImages, ImageInputs } from '../dockerfile/description.js';
import { externalImages } from '../fingerprint/external-images.js';
import { decodeRecord } from '../fingerprint/record.js';
import { readInputs } from '../fingerprint/read-inputs.js';
import type { Baseline } from '../plan/baseline.js';
import { withPlatforms, type Plan } from '../plan/plan.js';
import { describeBuilds } from '../plan/dependencies.js';
import { describeBases } from '../registry/base-images.js';
import { findBaselines, type Baselines } from '../registry/baseline/find-baselines.js';
import type { RegistryClient } from '../registry/client.js';
import type { Setting } from './run-context.js';
import type { ReuseObjection } from '../registry/baseline/candidate.js';
import type { Config } from '../config/config.js';
import { deploysToCome, ledgerObjection } from './trust.js';

/** What a comparison needs of the world that it runs in. */
interface Surroundings {
  setting: Setting;
  config: Config;
  client: RegistryClient;
  /** What speaks against the signature of an image that has to be signed. */
  signatureObjection: ReuseObjection;
  openTarget: Parameters<typeof findKnownReleases>[0]['openTarget'];
}

/** Looks at what images are made of, and at what is published of them. */
export function createComparing({ setting, config, client, signatureObjection, openTarget }: Surroundings) {
  const { root, signal, platform, source } = setting;
  let found: { verified: Baselines['verified']; unread: string[] } = { verified: [], unread: [] };
  let described: BaseImages = {};

  return {
    /** Published images that were found whole by the last comparison, and keys of those that could not be read. */
    found: () => found,

    /** Base images as they were described last. */
    bases: () => described,

    async describeBases(plan: Plan): Promise<BaseImages> {
      const references = externalImages(root, describeBuilds(plan.images, platform));
      described = await describeBases({ client, platform, references, signal });
      return described;
    },

    readInputs: (plan: Plan, bases?: BaseImages): Promise<Record<string, ImageInputs>> =>
      readInputs({ root, builds: describeBuilds(plan.images, platform), bases, env: setting.env, signal }),

    async findBaselines(plan: Plan, inputs: Record<string, ImageInputs>): Promise<Record<string, Baseline>> {
      const deploys = deploysToCome(plan, config, setting.request.deploy);
      const ledgers = await findKnownReleases({
        channels: deploys.flatMap((deploy) =>
          deploy.status === 'deploy'
            ? [{ repository: deploy.target.repository, branch: deploy.branch, channel: deploy.channel }]
            : [],
        ),
        images: plan.images.map(({ key, image }) => ({ key, image, releasedFrom: source.repository })),
        openTarget,
        signal,
      });
      const { readings, verified } = await findBaselines({
        client,
        // Of an index that was joined, a job that builds some platforms looks at those alone.
        ...(plan.publish.mode === 'by-digest'
          ? { images: withPlatforms(plan.images, platform), scope: 'platforms' as const }
          : { images: plan.images, scope: 'whole' as const }),
        inputs,
        known: ledgers.known,
        objection:
          plan.sign === undefined ? ledgerObjection(plan, deploys, ledgers.known) : signatureObjection,
        decodeRecord,
        commitsSince: (commit) => commitsBetween({ cwd: root, env: setting.env }, commit, source.commit),
        signal,
      });
      const unread = Object.entries(readings).flatMap(([key, { problems }]) =>
        problems.length > 0 ? [key] : [],
      );
      found = { verified, unread };
      return withProblems(readings, ledgers.problems);
    },
  };
}

/** A ledger belongs to no single image; what could not be read of it is told once. */
function withProblems(
  readings: Record<string, Baseline>,
  problems: Baseline['problems'],
): Record<string, Baseline> {
  const [first] = Object.entries(readings);
  if (first === undefined || problems.length === 0) return readings;
  const [key, reading] = first;
  return { ...readings, [key]: { ...reading, problems: [...problems, ...reading.problems] } };
}
