import { collect, type Problem } from '../../lib/errors.js';
import { editFiles, findImageMatches, keyOfPart } from '../deploy-edits.js';
import type { DeployOutcome, FileEdits, WantedImage } from '../deploy-edits.js';
import { ledgerRef, readLedger, type LedgerPlace, type LedgerReading } from '../ledger/ledger.js';
import { recordRelease, type LedgerDraft, type LedgerRecord, type Recording } from '../ledger/record.js';
import type { Relation, Advance } from '../order.js';
import type { BranchRequest, BranchPlan, BranchReading } from './branch.js';
import { comparison, comparisonsFor, decideImage, isForeign, shows } from './decisions.js';
import type { Comparison, DecidedImage, ImageOnChannel } from './decisions.js';
import { keepHandRestored, recordHandRestored, warnOfReplacedEdits } from './hand-edits.js';
import { keepTag } from '../pullable.js';
import { findUnmerged, isEdited, planProposal, type ProposalBasis } from './proposal-plan.js';

export interface Knowledge {
  /** Empty if the server accepts no ledgers: then the files alone tell the order. */
  ledgers: readonly LedgerReading[];
  /** Where ledgers are created that don't exist yet. */
  newLedgers: LedgerPlace;
  branch: BranchReading;
  relations: ReadonlyMap<string, Relation>;
  /** `may-lag`: a branch that lacks what its ledger names is not believed yet. */
  reading: 'may-lag' | 'believed';
}

type Channel = Pick<LedgerDraft, 'reading' | 'ref' | 'ledger'>;

export type PlanResult =
  | { status: 'ask'; comparisons: Comparison[] }
  | { status: 'lagging' }
  | { status: 'planned'; plan: BranchPlan };

/** Decides for every image, and plans the commit and what the ledgers are to record. Pure. */
export function planBranch(request: BranchRequest, known: Knowledge): PlanResult {
  const { branch, relations } = known;
  const { channels, problems } = readChannels(known);
  const own = branch.kustomizations.filter(({ deploy }) => request.deploys.includes(deploy));
  const found = findImageMatches(own, ({ images }) => request.rollouts.filter(({ key }) => images.includes(key)));
  const cases = casesOf(request, channels, found.imageMatches, branch.served);

  const containing = request.proposalBranch === undefined ? comparisonsWithHead(cases, branch.head) : [];
  const open = [...cases.flatMap((item) => comparisonsFor(item, request.intent)), ...containing].filter(
    ({ key }) => !relations.has(key),
  );
  if (open.length > 0) {
    return { status: 'ask', comparisons: [...new Map(open.map((each) => [each.key, each])).values()] };
  }
  const contained = containing.every(({ key }) => ['ahead', 'identical'].includes(relations.get(key) ?? ''));
  if (known.reading === 'may-lag' && !contained) return { status: 'lagging' };

  const scope = { request, head: branch.head, relations };
  const decided = cases.map((item) => ({
    ...item,
    decision: keepHandRestored(item, decideImage(item, request.intent, relations), scope),
  }));
  const plan = writePlan(request, branch, channels, decided);
  plan.problems.unshift(...problems, ...found.problems);
  plan.problems.push(...decided.filter(isApplied).flatMap((item) => warnOfReplacedEdits(item, scope)));
  return { status: 'planned', plan };
}

function readChannels({ ledgers, newLedgers }: Knowledge) {
  const channels = new Map<string, Channel>();
  const problems: Problem[] = [];
  for (const reading of ledgers) {
    const { channel, ref = ledgerRef(newLedgers, channel) } = reading;
    const ledger = collect(problems, () => readLedger(reading));
    if (ledger) channels.set(channel, { reading, ref, ledger });
  }
  return { channels, problems };
}

function casesOf(
  request: BranchRequest,
  channels: ReadonlyMap<string, Channel>,
  seen: ImageOnChannel['matches'],
  served: BranchReading['served'],
): ImageOnChannel[] {
  return [...new Set(request.deploys.map(({ channel }) => channel))].flatMap((channel) => {
    const deploys = request.deploys.filter((deploy) => deploy.channel === channel);
    return request.rollouts
      .filter(({ key }) => deploys.some(({ images }) => images.includes(key)))
      .map((image) => {
        const entry = channels.get(channel)?.ledger.images.get(image.image);
        const matches = seen.filter((match) => match.image === image && deploys.includes(match.deploy));
        const written = keepTag(image, entry, matches, served);
        return { channel, image, written, candidate: image.source ?? request.source, entry, matches };
      });
  });
}

/**
 * Whether the branch holds the commits that its ledgers name: asked where the files show something else. Both
 * move together, so a branch that lacks one was answered by a replica that lags (or was rewritten by hand).
 */
function comparisonsWithHead(cases: readonly ImageOnChannel[], head: string): Comparison[] {
  return cases.flatMap(({ entry, matches }) => {
    const commit = entry?.current.commit;
    if (!entry || commit === undefined || entry.status === 'proposed' || head.startsWith(commit)) return [];
    const entries = matches.flatMap((match) => match.entries);
    return entries.every((seen) => shows(seen, entry.current)) ? [] : [comparison('branch', commit, head)];
  });
}

function writePlan(
  request: BranchRequest,
  branch: BranchReading,
  channels: ReadonlyMap<string, Channel>,
  decided: readonly DecidedImage[],
): BranchPlan {
  const applied = decided.filter(isApplied);
  const { proposalBranch, deploys } = request;
  const ledger = proposalBranch === undefined ? undefined : channels.get(deploys[0]?.channel ?? '')?.ledger;
  const basis: ProposalBasis = { request, reading: branch, applied, ledger };
  const unmerged = findUnmerged(basis);
  const wanted: WantedImage[] = [
    ...applied.flatMap(({ matches, written }) =>
      matches.map((match) => ({ match, tag: written.releaseTag, digest: written.digest })),
    ),
    ...unmerged.wanted,
  ];
  const edits = editFiles(branch.kustomizations, [...request.deploys, ...request.dormant], wanted);
  const { proposal, files, problems } = planProposal(basis, unmerged, edits);
  const how = (item: DecidedImage): Recording['how'] => {
    if (!isEdited(request, item, edits)) return 'in-place';
    return proposal?.do === 'keep' ? 'proposed-already' : 'edited';
  };
  return {
    base: branch.head,
    files,
    outcomes: outcomesOf(request, branch, decided, edits),
    ledgers: [...channels.values()].flatMap((channel) => {
      const cases = decided.filter((item) => item.channel === channel.reading.channel);
      const draft = draftLedger(request, channel, cases, how);
      const moved = proposal?.do === 'propose' ? unmerged.images : [];
      return draft ? [{ ...draft, pending: [...draft.pending, ...moved] }] : [];
    }),
    tags: new Map(wanted.map(({ match, tag }) => [match.image.key, tag])),
    advances: advancesOf(applied.filter((item) => isEdited(request, item, edits))),
    proposal,
    problems: [
      ...decided.flatMap(({ decision }) => (decision.do === 'refuse' ? [decision.problem] : [])),
      ...edits.problems,
      ...problems,
    ],
  };
}

function advancesOf(edited: readonly DecidedImage[]): Advance[] {
  const ways = new Map<string, Advance>();
  for (const { entry, candidate, image } of edited) {
    const base = entry?.current.source;
    if (base === undefined || isForeign(base, candidate) || base.commit === candidate.commit) continue;
    const id = `${base.commit} ${candidate.commit}`;
    const keys = [...(ways.get(id)?.keys ?? []), image.key];
    ways.set(id, { keys, base: base.commit, head: candidate.commit });
  }
  return [...ways.values()];
}

function isApplied(item: DecidedImage): item is DecidedImage & { decision: { do: 'apply' | 'roll-back' } } {
  return item.decision.do === 'apply' || item.decision.do === 'roll-back';
}

/** Not left alone: what this run deploys, or finds deployed. */
function isKept({ decision }: DecidedImage): boolean {
  return decision.do !== 'superseded' && decision.do !== 'refuse';
}

function draftLedger(
  request: BranchRequest,
  { reading, ref, ledger }: Channel,
  cases: readonly DecidedImage[],
  howOf: (item: DecidedImage) => Recording['how'],
): LedgerDraft | undefined {
  const images = new Map(ledger.images);
  const pending: string[] = [];
  const records: LedgerRecord[] = [];
  for (const item of cases) {
    const { image, entry, decision } = item;
    if (decision.do === 'refuse' || decision.do === 'keep') continue;
    const how = howOf(item);
    const recorded =
      decision.do === 'superseded'
        ? decision.restored && recordHandRestored(item, decision.restored, request.now)
        : recordRelease(entry, recordingOf(request, item, decision.do, how));
    if (!recorded) continue;
    images.set(image.image, recorded);
    if (how === 'edited') pending.push(image.image);
    const what = how === 'edited' ? 'edited' : 'confirmed';
    records.push({ key: image.key, tag: recorded.current.tag, what, before: entry?.current.tag });
  }
  if (records.length === 0) return undefined;
  return { reading, ref, ledger: { ...ledger, images }, pending, records };
}

function recordingOf(
  { proposalBranch, source, now }: BranchRequest,
  { written, candidate, entry, matches }: ImageOnChannel,
  decision: Recording['decision'],
  how: Recording['how'],
): Recording {
  const stood =
    entry?.status !== 'proposed' || matches.some(({ entries }) => entries.some((seen) => shows(seen, entry.current)));
  const mode = proposalBranch === undefined ? 'commit' : 'pull-request';
  const former = stood ? 'stood' : 'never-stood';
  return { image: written, candidate, decision, how, mode, former, source, now };
}

function outcomesOf(
  request: BranchRequest,
  { kustomizations }: BranchReading,
  decided: readonly DecidedImage[],
  { parts }: FileEdits,
): DeployOutcome[] {
  return kustomizations.flatMap((item): DeployOutcome[] => {
    const index = request.deploys.indexOf(item.deploy);
    if (item.status === 'problem' || index < 0) return [];
    const { deploy, path } = item;
    const part = parts.get(keyOfPart(index, path)) ?? { changes: [], diff: '' };
    const here = decided.filter(({ matches }) =>
      matches.some((match) => match.deploy === deploy && match.path === path),
    );
    // A file of a pattern that has none of the images is not a place of this rollout.
    if (here.length === 0) return [];
    return [
      {
        deploy,
        path,
        ...part,
        images: here.filter(isKept).map(({ image }) => image.key),
        superseded: here.flatMap(({ decision, image }) =>
          decision.do === 'superseded' ? [{ key: image.key, tag: image.releaseTag, by: decision.by }] : [],
        ),
      },
    ];
  });
}
