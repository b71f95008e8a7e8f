import { ReleaseError, type Problem } from '../../lib/errors.js';
import {
  editFiles,
  findSights,
  keyOfPart,
  type DeployOutcome,
  type FileEdits,
  type WantedImage,
} from '../deploy-edits.js';
import { ledgerRef, type Ledger, type LedgerPlace, type LedgerReading } from '../ledger/ledger.js';
import { recordRelease, type LedgerDraft, type LedgerRecord, type Recording } from '../ledger/record.js';
import { readLedger } from '../ledger/text.js';
import type { Relation } from '../order.js';
import type { BranchOrder, BranchPlan, BranchReading } from './branch.js';
import {
  comparison,
  comparisonsFor,
  judge,
  shows,
  type Comparison,
  type ImageCase,
  type JudgedCase,
} from './judgement.js';
import { leavePutBack, recordPutBack, replacedEdits } from './hand-edits.js';
import { keepTag } from './kept-tags.js';
import { carriedImages, planProposal, type ProposalBasis } from './proposal-plan.js';

/** All that a plan is made of. */
export interface Knowledge {
  /** Empty if the server accepts no ledgers: then the files alone tell the order. */
  ledgers: readonly LedgerReading[];
  /** Where ledgers are created that don't exist yet. */
  newLedgers: LedgerPlace;
  branch: BranchReading;
  /** Answers to comparisons, by their key. */
  relations: ReadonlyMap<string, Relation>;
  /** `may-lag`: a branch that lacks what its ledger names is not believed yet. */
  reading: 'may-lag' | 'believed';
}

/** A channel's ledger as it was read. */
interface Channel {
  channel: string;
  ref: string;
  before?: string;
  ledger: Ledger;
}

export type PlanVerdict =
  | { status: 'ask'; comparisons: Comparison[] }
  | { status: 'lagging' }
  | { status: 'planned'; plan: BranchPlan };

/** Decides for every image, and plans the commit and what the ledgers are to record. Pure. */
export function planBranch(order: BranchOrder, known: Knowledge): PlanVerdict {
  const { branch, relations } = known;
  const { channels, problems } = readChannels(known);
  const own = branch.kustomizations.filter(({ deploy }) => order.deploys.includes(deploy));
  const found = findSights(own, ({ images }) => order.rollouts.filter(({ key }) => images.includes(key)));
  const cases = casesOf(order, channels, found.sights, branch.served);

  const containing = order.proposalBranch === undefined ? comparisonsWithHead(cases, branch.head) : [];
  const open = [...cases.flatMap((item) => comparisonsFor(item, order.intent)), ...containing].filter(
    ({ key }) => !relations.has(key),
  );
  if (open.length > 0) {
    return { status: 'ask', comparisons: [...new Map(open.map((each) => [each.key, each])).values()] };
  }
  const contained = containing.every(({ key }) => ['ahead', 'identical'].includes(relations.get(key) ?? ''));
  if (known.reading === 'may-lag' && !contained) return { status: 'lagging' };

  const scope = { order, head: branch.head, relations };
  const judged = cases.map((item) => ({
    ...item,
    verdict: leavePutBack(item, judge(item, order.intent, relations), scope),
  }));
  const plan = writePlan(order, branch, channels, judged);
  plan.problems.unshift(...problems, ...found.problems);
  plan.problems.push(...judged.filter(isApplied).flatMap((item) => replacedEdits(item, scope)));
  return { status: 'planned', plan };
}

function readChannels({ ledgers, newLedgers }: Knowledge) {
  const channels = new Map<string, Channel>();
  const problems: Problem[] = [];
  for (const reading of ledgers) {
    const { channel, ref = ledgerRef(newLedgers, channel), oid } = reading;
    try {
      channels.set(channel, { channel, ref, before: oid, ledger: readLedger(reading) });
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error;
      problems.push(...error.problems);
    }
  }
  return { channels, problems };
}

function casesOf(
  order: BranchOrder,
  channels: ReadonlyMap<string, Channel>,
  seen: ImageCase['sights'],
  served: BranchReading['served'],
): ImageCase[] {
  return [...new Set(order.deploys.map(({ channel }) => channel))].flatMap((channel) => {
    const deploys = order.deploys.filter((deploy) => deploy.channel === channel);
    return order.rollouts
      .filter(({ key }) => deploys.some(({ images }) => images.includes(key)))
      .map((image) => {
        const entry = channels.get(channel)?.ledger.images.get(image.image);
        const sights = seen.filter((sight) => sight.image === image && deploys.includes(sight.deploy));
        const written = keepTag(image, entry, sights, served);
        return { channel, image, written, candidate: image.source ?? order.source, entry, sights };
      });
  });
}

/**
 * Whether the branch holds the commits that its ledgers name: asked where the files show something else. Both
 * move together, so a branch that lacks one was answered by a replica that lags (or was rewritten by hand).
 */
function comparisonsWithHead(cases: readonly ImageCase[], head: string): Comparison[] {
  return cases.flatMap(({ entry, sights }) => {
    const commit = entry?.current.commit;
    if (!entry || commit === undefined || entry.status === 'proposed' || head.startsWith(commit)) return [];
    const entries = sights.flatMap((sight) => sight.entries);
    return entries.every((seen) => shows(seen, entry.current)) ? [] : [comparison('branch', commit, head)];
  });
}

function writePlan(
  order: BranchOrder,
  branch: BranchReading,
  channels: ReadonlyMap<string, Channel>,
  judged: readonly JudgedCase[],
): BranchPlan {
  const applied = judged.filter(isApplied);
  const basis: ProposalBasis = { order, reading: branch, applied, ledger: ledgerOfProposal(order, channels) };
  const carried = carriedImages(basis);
  const wanted: WantedImage[] = [
    ...applied.flatMap(({ sights, written }) =>
      sights.map((sight) => ({ sight, tag: written.releaseTag, digest: written.digest })),
    ),
    ...carried.wanted,
  ];
  const edits = editFiles(branch.kustomizations, [...order.deploys, ...order.dormant], wanted);
  const { proposal, files, problems } = planProposal(basis, carried, edits);
  const how = (item: JudgedCase): Recording['how'] => {
    if (!isEdited(order, item, edits)) return 'in-place';
    return proposal?.do === 'keep' ? 'proposed-already' : 'edited';
  };
  return {
    base: branch.head,
    files,
    outcomes: outcomesOf(order, branch, judged, edits),
    ledgers: [...channels.values()].flatMap((channel) => {
      const cases = judged.filter((item) => item.channel === channel.channel);
      const draft = draftLedger(order, channel, cases, how);
      const moved = proposal?.do === 'propose' ? carried.images : [];
      return draft ? [{ ...draft, pending: [...draft.pending, ...moved] }] : [];
    }),
    tags: new Map(wanted.map(({ sight, tag }) => [sight.image.key, tag])),
    proposal,
    problems: [
      ...judged.flatMap(({ verdict }) => (verdict.do === 'refuse' ? [verdict.problem] : [])),
      ...edits.problems,
      ...problems,
    ],
  };
}

function isApplied(item: JudgedCase): item is JudgedCase & { verdict: { do: 'apply' | 'roll-back' } } {
  return item.verdict.do === 'apply' || item.verdict.do === 'roll-back';
}

function ledgerOfProposal(
  { proposalBranch, deploys }: BranchOrder,
  channels: ReadonlyMap<string, Channel>,
): Ledger | undefined {
  return proposalBranch === undefined ? undefined : channels.get(deploys[0]?.channel ?? '')?.ledger;
}

/** What a channel's ledger will record after this release; undefined: nothing new. */
function draftLedger(
  order: BranchOrder,
  { channel, ref, before, ledger }: Channel,
  cases: readonly JudgedCase[],
  howOf: (item: JudgedCase) => Recording['how'],
): LedgerDraft | undefined {
  const images = new Map(ledger.images);
  const pending: string[] = [];
  const records: LedgerRecord[] = [];
  for (const item of cases) {
    const { image, entry, verdict } = item;
    if (verdict.do === 'refuse') continue;
    const how = howOf(item);
    const recorded =
      verdict.do === 'superseded'
        ? verdict.putBack && recordPutBack(item, verdict.putBack, order.now)
        : recordRelease(entry, recordingOf(order, item, verdict.do, how));
    if (!recorded) continue;
    images.set(image.image, recorded);
    if (how === 'edited') pending.push(image.image);
    records.push({
      key: image.key,
      tag: recorded.current.tag,
      what: how === 'edited' ? 'edited' : 'confirmed',
      before: entry?.current.tag,
    });
  }
  if (records.length === 0) return undefined;
  return { channel, ref, before, ledger: { channel, images }, pending, records };
}

function recordingOf(
  { proposalBranch, source, now }: BranchOrder,
  { written, candidate, entry, sights }: ImageCase,
  verdict: Recording['verdict'],
  how: Recording['how'],
): Recording {
  const stood =
    entry?.status !== 'proposed' ||
    sights.some(({ entries }) => entries.some((seen) => shows(seen, entry.current)));
  const mode = proposalBranch === undefined ? 'commit' : 'pull-request';
  const former = stood ? 'stood' : 'never-stood';
  return { image: written, candidate, verdict, how, mode, former, source, now };
}

function isEdited(order: BranchOrder, { sights, image }: ImageCase, { parts }: FileEdits): boolean {
  return sights.some(({ deploy, path }) =>
    parts.get(keyOfPart(order.deploys.indexOf(deploy), path))?.changes.some(({ key }) => key === image.key),
  );
}

function outcomesOf(
  order: BranchOrder,
  { kustomizations }: BranchReading,
  judged: readonly JudgedCase[],
  { parts }: FileEdits,
): DeployOutcome[] {
  return kustomizations.flatMap((item): DeployOutcome[] => {
    const index = order.deploys.indexOf(item.deploy);
    if (item.status === 'problem' || index < 0) return [];
    const { deploy, path } = item;
    const part = parts.get(keyOfPart(index, path)) ?? { changes: [], diff: '' };
    const here = judged.filter(({ sights }) =>
      sights.some((sight) => sight.deploy === deploy && sight.path === path),
    );
    // A file of a pattern that has none of the images is not a place of this rollout.
    if (here.length === 0) return [];
    return [
      {
        deploy,
        path,
        ...part,
        images: here.filter(isApplied).map(({ image }) => image.key),
        superseded: here.flatMap(({ verdict, image }) =>
          verdict.do === 'superseded' ? [{ key: image.key, tag: image.releaseTag, by: verdict.by }] : [],
        ),
      },
    ];
  });
}
