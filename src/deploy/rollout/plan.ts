import { ReleaseError, type Problem } from '../../lib/errors.js';
import {
  editFiles,
  findImageMatches,
  keyOfPart,
  type DeployOutcome,
  type FileEdits,
  type WantedImage,
} from '../deploy-edits.js';
import type { Ledger, LedgerReading } from '../ledger/ledger.js';
import type { Recording } from '../ledger/record.js';
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
import { leavePutBack, replacedEdits } from './hand-edits.js';
import { keepTag } from './kept-tags.js';
import { draftGuard, draftLedger, type Channel } from './ledger-drafts.js';
import { carriedImages, planProposal, type ProposalBasis } from './proposal-plan.js';

/** All that a plan is made of. */
export interface Knowledge {
  /** `refused`: the server takes no ledgers, so the files alone tell the order. */
  ledgers: readonly LedgerReading[] | 'refused';
  branch: BranchReading;
  /** Answers to comparisons, by their key. */
  relations: ReadonlyMap<string, Relation>;
  /** `may-lag`: a branch that lacks what its ledger names is not believed yet. */
  reading: 'may-lag' | 'believed';
  /**
   * Keys of images that this run has committed before it saw that another one had moved the ledger: where it is
   * superseded now, what the ledger says has to be put there.
   */
  overtaken: ReadonlySet<string>;
}

export type PlanVerdict =
  | { status: 'ask'; comparisons: Comparison[] }
  | { status: 'lagging' }
  | { status: 'planned'; plan: BranchPlan };

/** Decides for every image, and plans the commit and what the ledgers are to record. Pure. */
export function planBranch(order: BranchOrder, known: Knowledge): PlanVerdict {
  const { branch, relations } = known;
  const { channels, problems } = readChannels(known.ledgers);
  const own = branch.kustomizations.filter(({ deploy }) => order.deploys.includes(deploy));
  const found = findImageMatches(own, ({ images }) =>
    order.rollouts.filter(({ key }) => images.includes(key)),
  );
  const cases = casesOf(order, channels, found.imageMatches, branch.served);

  const containing = order.proposalBranch === undefined ? comparisonsWithHead(cases, branch.head) : [];
  const open = [...cases.flatMap((item) => comparisonsFor(item, order.intent)), ...containing].filter(
    ({ key }) => !relations.has(key),
  );
  if (open.length > 0) {
    return { status: 'ask', comparisons: [...new Map(open.map((each) => [each.key, each])).values()] };
  }
  const contained = containing.every(({ key }) => ['ahead', 'identical'].includes(relations.get(key) ?? ''));
  if (known.reading === 'may-lag' && !contained) return { status: 'lagging' };

  const scope = { order, head: branch.head, relations, overtaken: known.overtaken };
  const judged = cases.map((item) => ({
    ...item,
    verdict: leavePutBack(item, judge(item, order.intent, relations), scope),
  }));
  const plan = writePlan(order, known, channels, judged);
  plan.problems.unshift(...problems, ...found.problems);
  plan.problems.push(...judged.filter(isApplied).flatMap((item) => replacedEdits(item, scope)));
  return { status: 'planned', plan };
}

function readChannels(readings: Knowledge['ledgers']) {
  const channels = new Map<string, Channel>();
  const problems: Problem[] = [];
  for (const reading of readings === 'refused' ? [] : readings) {
    try {
      channels.set(reading.channel, { before: reading.oid, ledger: readLedger(reading) });
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
  known: Knowledge,
  channels: ReadonlyMap<string, Channel>,
  judged: readonly JudgedCase[],
): BranchPlan {
  const { branch } = known;
  const applied = judged.filter(isApplied);
  const basis: ProposalBasis = { order, reading: branch, applied, ledger: ledgerOfProposal(order, channels) };
  const carried = carriedImages(basis);
  const undone = judged.filter((item) => undoing(item, known.overtaken).length > 0);
  const wanted: WantedImage[] = [
    ...applied.flatMap(({ sights, written }) =>
      sights.map((match) => ({ match, tag: written.releaseTag, digest: written.digest })),
    ),
    ...undone.flatMap((item) => undoing(item, known.overtaken)),
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
    ledgers: [...channels].flatMap(([channel, { before, ledger }]) => {
      const cases = judged.filter((item) => item.channel === channel);
      const draft =
        draftLedger(order, { channel, before, ledger }, cases, how) ??
        draftGuard(
          { channel, before, ledger },
          undone.filter((item) => item.channel === channel),
        );
      const moved = proposal?.do === 'propose' ? carried.images : [];
      return draft ? [{ ...draft, pending: [...draft.pending, ...moved] }] : [];
    }),
    tags: new Map(wanted.map(({ match, tag }) => [match.image.key, tag])),
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

/**
 * Puts what the ledger says where this run has written something that the ledger has passed over: our release,
 * or an older one that an undoing of ours had put back.
 */
function undoing(
  { verdict, entry, image, sights }: JudgedCase,
  overtaken: ReadonlySet<string>,
): WantedImage[] {
  if (!overtaken.has(image.key)) return [];
  if (verdict.do !== 'superseded' || verdict.by.reason === 'file' || !entry) return [];
  const { tag, digest } = entry.current;
  return sights.flatMap((sight) => {
    const entries = sight.entries.filter((seen) => !shows(seen, entry.current));
    return entries.length === 0 ? [] : [{ match: { ...sight, entries }, tag, digest }];
  });
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
