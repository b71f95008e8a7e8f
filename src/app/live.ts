import type { DeployPlace, DeployTarget } from '../deploy/target.js';
import { readCluster, readLog } from '../live/read-cluster.js';
import { judgeStatuses } from '../live/commit-statuses.js';
import type { ExpectedImage, LiveImage } from '../live/outcome.js';
import { settled, waitForImages } from '../live/wait.js';
import { judgeImage } from '../live/workloads.js';
import { connectKubectl, type Kubectl } from '../kubernetes/kubectl.js';
import { RequestFailed } from '../github/requests.js';
import { messageOf } from '../lib/errors.js';
import { plainText } from '../lib/foreign-text.js';
import { run } from '../lib/process.js';
import { cleanStrings } from '../lib/secret.js';
import type { Sleep } from '../lib/sleep.js';
import type { RegistryClient } from '../registry/client.js';
import { parseImageDocument } from '../registry/manifest.js';
import type { RunContext } from './run-context.js';

export interface LiveContext {
  runContext: Pick<RunContext, 'env' | 'signal' | 'say' | 'redact'>;
  client: RegistryClient;
  openTarget(place: DeployPlace): DeployTarget;
  clock: { now(): number; sleep: Sleep };
}

/** The live status of the images. Reads only. @throws Cancelled */
export async function readLive(context: LiveContext, expected: readonly ExpectedImage[]): Promise<LiveImage[]> {
  const kubectl = connectKubectl({ env: context.runContext.env, run });
  return withLogs(context, kubectl, await readOnce(context, kubectl, expected));
}

/** The same, again and again, until it is certain or the time is over. @throws Cancelled */
export async function waitForLive(context: LiveContext, expected: readonly ExpectedImage[], limitMs: number) {
  const { clock } = context;
  const { signal, say } = context.runContext;
  const kubectl = connectKubectl({ env: context.runContext.env, run });
  const { images, end } = await waitForImages({
    read: () => readOnce(context, kubectl, expected),
    onChange: (changed) => {
      for (const { key, channel, outcome } of changed)
        say(`${key} in ${channel}: ${outcome.status}${'reason' in outcome ? `, ${outcome.reason}` : ''}.`);
    },
    limitMs,
    clock: { now: clock.now, sleep: (ms) => clock.sleep(ms, signal) },
  });
  return { images: await withLogs(context, kubectl, images), end };
}

async function readOnce(context: LiveContext, kubectl: Kubectl, expected: readonly ExpectedImage[]) {
  const reading = await readCluster(kubectl, expected, context.runContext.signal);
  const images = await Promise.all(
    expected.map(async (each): Promise<LiveImage> => {
      if ('unreachable' in reading) {
        const outcome = { status: 'unknown' as const, reason: `no cluster can be reached (${reading.unreachable})` };
        const { key, channel, image, tag } = each;
        return readStatuses(context, each, { key, channel, image, tag, source: 'none', workloads: [], outcome });
      }
      const live = judgeImage(each, reading);
      if (live.outcome.status === 'failed') return judgeImage(each, reading, await digestsIn(context, each));
      return live.workloads.length > 0 ? live : readStatuses(context, each, live);
    }),
  );
  return images.map((image) => cleanStrings(image, (text) => plainText(text).replaceAll(/\s+/g, ' ')));
}

/** Commit statuses count if the cluster does not know the image. */
async function readStatuses(
  { openTarget, runContext: { signal }, clock }: LiveContext,
  { repository, branch, commit }: ExpectedImage,
  live: LiveImage,
): Promise<LiveImage> {
  const { commitStatuses } = openTarget({ repository, branch });
  if (commit === undefined || commitStatuses === undefined || live.outcome.status !== 'unknown') return live;
  const { reason } = live.outcome;
  const unknown = (why: string, more: { open?: true }): LiveImage => ({
    ...live,
    outcome: { status: 'unknown', reason: `${reason}, and ${why}`, ...more },
  });
  try {
    const outcome = judgeStatuses(await commitStatuses(commit, { signal }));
    if (outcome !== undefined) return { ...live, source: 'commit-statuses', outcome: settled(outcome, clock.now()) };
    return unknown(`${commit.slice(0, 7)} has no commit status of Argo CD or Flux`, { open: true });
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    return unknown(`its commit statuses can't be read: ${messageOf(error)}`, {});
  }
}

/** Some runtimes report the manifest of the platform instead of the index. */
async function digestsIn({ client }: LiveContext, { image, digest }: ExpectedImage) {
  const found = digest && (await client.getManifest(image, digest).catch(() => undefined));
  const document = found ? parseImageDocument(found.bytes) : undefined;
  return document?.type === 'index' ? document.entries.map((entry) => entry.digest) : [];
}

async function withLogs(
  { runContext: { signal, redact } }: LiveContext,
  kubectl: Kubectl,
  images: readonly LiveImage[],
) {
  return Promise.all(
    images.map(async ({ logOf, ...image }): Promise<LiveImage> => {
      if (logOf === undefined || image.outcome.status !== 'failed') return image;
      const log = await readLog(kubectl, logOf, { signal, redact });
      return { ...image, outcome: { ...image.outcome, log } };
    }),
  );
}
