import { problem, type Problem } from '../../lib/errors.js';
import { isDeployCommit } from '../commit-message.js';
import { findImageMatches, keyOfPart, type ActiveDeploy, type FileEdits } from '../deploy-edits.js';
import type { Rollout, TargetCommit } from '../target.js';
import { isSameImage } from '../ledger/record.js';
import type { Ledger, LedgerEntry } from '../ledger/ledger.js';
import type { BranchRequest, BranchPlan, BranchReading, ProposalPlan } from './branch.js';
import type { ImageOnChannel } from './decisions.js';

export interface ProposalBasis {
  request: BranchRequest;
  reading: BranchReading;
  applied: readonly ImageOnChannel[];
  /** Undefined in commit mode, and where ledgers are refused. */
  ledger?: Ledger;
}

/** Proposals of earlier runs that nobody has merged yet. */
export type UnmergedReleases = ReturnType<typeof findUnmerged>;

/**
 * The other releases that the pull request holds, next to those of this run: the ledger names its commit for them. A
 * pull request that was closed holds nothing: a person has rejected it.
 */
export function findUnmerged({ reading, applied, ledger }: ProposalBasis) {
  const head = openHead(reading);
  const entries = [...(ledger?.images.values() ?? [])].filter(
    (entry) => isHeldBy(entry, head) && !applied.some(({ image }) => image.image === entry.image),
  );
  const images = entries.map(({ key, image, current }): Rollout => {
    return { key, image, releaseTag: current.tag, digest: current.digest };
  });
  const rolledOutBy = ({ target }: ActiveDeploy) => images.filter(({ key }) => target.images?.includes(key) ?? true);
  // An entry that was removed can't be written any more; that is not this run's business.
  const { imageMatches } = findImageMatches(reading.kustomizations, rolledOutBy);
  return {
    wanted: imageMatches.map((match) => ({ match, tag: match.image.releaseTag, digest: match.image.digest })),
    images: entries.map(({ image }) => image),
    sources: new Map(entries.map(({ key, current }) => [key, current.source] as const)),
  };
}

/** What becomes of the pull request, and which files its commit changes. */
export function planProposal(
  basis: ProposalBasis,
  unmerged: UnmergedReleases,
  edits: FileEdits,
): Pick<BranchPlan, 'proposal' | 'files' | 'problems'> {
  const { request, reading, applied } = basis;
  if (request.proposalBranch === undefined) return { files: edits.files, problems: [] };
  // An older run leaves the pull request as it is.
  if (applied.length === 0) return { files: [], problems: [] };
  const head = openHead(reading);
  if (edits.files.length === 0) {
    const open = head && reading.proposal?.latest?.state === 'open';
    return { files: [], problems: [], ...(open && { proposal: { do: 'withdraw' } }) };
  }
  const foreign = foreignHead(reading);
  if (foreign) return { files: [], problems: [editedProblem(request.proposalBranch, foreign, reading)] };
  const own = applied.map(({ image, candidate }) => [image.key, candidate] as const);
  const proposed = { parts: partsOf(request, reading, edits), sources: new Map([...unmerged.sources, ...own]) };
  const { latest } = reading.proposal ?? {};
  const conflicts = latest?.state === 'open' && latest.conflicts;
  const proposal: ProposalPlan =
    head && !conflicts && applied.every((item) => isKept(request, item, head, edits))
      ? { do: 'keep', head, ...proposed }
      : { do: 'propose', before: reading.proposal?.head?.oid, ...proposed };
  return { proposal, files: proposal.do === 'keep' ? [] : edits.files, problems: [] };
}

/** The head of the pull request's branch where it is a commit of ours that is neither merged nor rejected. */
function openHead({ proposal }: BranchReading): TargetCommit | undefined {
  const { head, latest } = proposal ?? {};
  if (!head || !isDeployCommit(head.message)) return undefined;
  const settled = latest?.head === head.oid && latest.state !== 'open';
  return settled ? undefined : head;
}

/** A head that somebody else has put there; what is merged already may be overwritten. */
function foreignHead({ proposal }: BranchReading): TargetCommit | undefined {
  const { head, latest } = proposal ?? {};
  if (!head || isDeployCommit(head.message)) return undefined;
  return latest?.head === head.oid && latest.state === 'merged' ? undefined : head;
}

function isHeldBy(entry: LedgerEntry | undefined, head: TargetCommit | undefined): boolean {
  return head !== undefined && entry?.current.commit === head.oid;
}

/** Whether the pull request says of this image already what it is to say. */
function isKept(request: BranchRequest, item: ImageOnChannel, head: TargetCommit, edits: FileEdits): boolean {
  const { entry, written } = item;
  if (!entry || !isHeldBy(entry, head)) return !isEdited(request, item, edits);
  return isSameImage(entry.current, { tag: written.releaseTag, digest: written.digest });
}

export function isEdited(request: BranchRequest, { matches, image }: ImageOnChannel, { parts }: FileEdits): boolean {
  return matches.some(({ deploy, path }) =>
    parts.get(keyOfPart(request.deploys.indexOf(deploy), path))?.changes.some(({ key }) => key === image.key),
  );
}

function partsOf({ deploys, dormant }: BranchRequest, { kustomizations }: BranchReading, { parts }: FileEdits) {
  const all = [...deploys, ...dormant];
  return kustomizations.flatMap((item) => {
    const part = item.status === 'read' && parts.get(keyOfPart(all.indexOf(item.deploy), item.path));
    return part && part.changes.length > 0 ? [{ path: item.path, ...part }] : [];
  });
}

function editedProblem(branch: string, { oid }: TargetCommit, { proposal }: BranchReading): Problem {
  const { latest } = proposal ?? {};
  const where = latest?.state === 'open' ? `The pull request ${latest.url}` : `The branch ${branch}`;
  return problem({
    code: 'deploy/pull-request-edited',
    message: `${where} holds a commit that image-release has not made (${oid.slice(0, 12)}); it is not overwritten.`,
    fix: `Merge or close the pull request and delete the branch ${branch}; then release again.`,
  });
}
