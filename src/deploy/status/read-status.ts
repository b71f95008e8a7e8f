import { isDeepStrictEqual } from 'node:util';
import { problemsOf, type Problem } from '../../lib/errors.js';
import { parseReference } from '../../plan/references.js';
import { readKustomizations, type ActiveDeploy } from '../deploy-edits.js';
import { readKustomization } from '../kustomization/kustomization.js';
import { matchEntries, referenceOf } from '../kustomization/match.js';
import { readLedger, type Ledger } from '../ledger/ledger.js';
import { proposalBranch } from '../proposals/propose.js';
import type { RegistryCheck } from '../pullable.js';
import { assessStatus, deployedReferences, entryOf } from './status.js';
import type { ChannelReading, ChannelStatus, DeployedReference, FileReading, NamedImage, Served } from './status.js';
import type { DeployPlace, DeployTarget, ReadOptions } from '../target.js';

/** A channel as the configuration has it: its Kustomizations on one branch, and what they deploy. */
export interface Channel extends DeployPlace {
  channel: string;
  deploys: readonly ActiveDeploy[];
  images: readonly NamedImage[];
}

/** Reads ledger, Kustomizations, pull request and registry of a channel, and compares them. */
export async function readStatus(
  channel: Channel,
  target: DeployTarget,
  registry: RegistryCheck,
  options: ReadOptions,
): Promise<ChannelStatus> {
  const reading = await readChannel(channel, target, options);
  const served = await Promise.all(
    deployedReferences(reading).map(
      async (reference) => [reference.key, await readServed(reference, registry, options.signal)] as const,
    ),
  );
  const status = assessStatus(reading, new Map(served));
  const isDrifted = status.images.some(({ problems }) => problems.some(({ code }) => code === 'deploy/drifted'));
  // A deploy that lands between the reads of ledger and branch looks the same, but it has moved the ledger.
  const ledger = isDrifted ? await readLedgerOf(channel, target, options) : reading.ledger;
  return isDeepStrictEqual(ledger, reading.ledger) ? status : readStatus(channel, target, registry, options);
}

/** The ledger of a channel; undefined: there is none. */
export async function readLedgerOf(
  { channel }: Channel,
  target: DeployTarget,
  options: ReadOptions,
): Promise<Ledger | undefined> {
  const [reading] = await target.readLedgers([channel], options);
  return reading?.oid === undefined ? undefined : readLedger(reading);
}

async function readChannel(channel: Channel, target: DeployTarget, options: ReadOptions): Promise<ChannelReading> {
  const together = { ...options, since: performance.now() };
  const ledger = await readLedgerOf(channel, target, together);
  const snapshot = await target.snapshot(together);
  const kustomizations = await readKustomizations(snapshot, channel.deploys);
  const readings = kustomizations.map((read) => {
    if (read.status === 'problem') return { files: [], problems: [read.problem] };
    const wanted = channel.images.filter(({ key }) => read.deploy.images.includes(key));
    return readFile(read.path, read.file.bytes, wanted, ledger);
  });
  return {
    ...channel,
    ledger,
    files: readings.flatMap(({ files }) => files),
    problems: readings.flatMap(({ problems }) => problems),
    proposal: await readProposal(channel, target, ledger, options),
  };
}

async function readProposal(
  { channel, deploys }: Channel,
  target: DeployTarget,
  ledger: Ledger | undefined,
  options: ReadOptions,
): Promise<ChannelReading['proposal']> {
  const recorded = [...(ledger?.images.values() ?? [])];
  const concerned =
    deploys.some(({ target: { mode } }) => mode !== 'commit') || recorded.some(({ status }) => status === 'proposed');
  if (!concerned || target.proposals === undefined) return 'unknown';
  const open = await target.proposals.find(proposalBranch(channel), options);
  return open === undefined ? 'none' : { number: open.number, url: open.url };
}

/** The entries of each image in one Kustomization; if it can't be read, the reason is reported once. */
function readFile(
  path: string,
  bytes: Uint8Array,
  images: readonly NamedImage[],
  ledger: Ledger | undefined,
): { files: FileReading[]; problems: readonly Problem[] } {
  try {
    const document = readKustomization({ path, bytes });
    const { namespace } = (document.toData() ?? {}) as { namespace?: string };
    const files = images.map((named): FileReading => {
      const { key } = named;
      const none = { key, path, ...(namespace && { namespace }), entries: [] };
      const image = entryOf(ledger, named)?.image ?? named.image;
      if (image === undefined) return none;
      const matched = matchEntries(document, image);
      if (matched.status !== 'found') return { ...none, problem: matched.problem };
      const entries = matched.entries.map((entry) => {
        const place = document.placeOf(entry.offset);
        // `newTag: tag@digest` (Renovate's form) is two values.
        const reference = referenceOf(entry);
        const { name, tag, digest } = parseReference(reference) ?? { name: reference };
        return { place, image: name, tag, digest };
      });
      return { ...none, entries };
    });
    return { files, problems: [] };
  } catch (error) {
    return { files: [], problems: problemsOf(error) };
  }
}

/** Whether what is deployed can still be pulled, by its tag and by its digest. */
async function readServed(
  { key, image, tag, digest }: DeployedReference,
  registry: RegistryCheck,
  signal?: AbortSignal,
): Promise<Served> {
  if (registry.check === 'none') return { status: 'unasked' };
  const resolve = (reference: string) => registry.resolve(image, reference, signal);
  try {
    const found = tag === undefined ? undefined : await resolve(tag);
    if (found !== undefined && (digest === undefined || digest === found)) return { status: 'served', digest: found };
    const exists = digest !== undefined && (await resolve(digest)) !== undefined;
    if (found !== undefined) return { status: 'moved', digest: found, deployed: exists ? 'served' : 'gone' };
    if (!exists) return { status: 'gone' };
    return { status: tag === undefined ? 'served' : 'untagged', digest };
  } catch (error) {
    return { status: 'unanswered', problems: problemsOf(error).map((each) => ({ image: key, ...each })) };
  }
}
