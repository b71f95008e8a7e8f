import { failure, type ReleaseError } from '../../../lib/errors.js';
import type { Clockwork } from '../../backoff.js';
import type { DeployTarget, ReadOptions, SwapResult, TargetChange, TargetCommit } from '../../target.js';
import type { GitTrouble, PushOutcome } from './answers.js';
import { createCommitMaker } from './commits.js';
import type { GitPerson } from './environment.js';
import { explainTrouble, fetchInto, type Fetch } from './fetch.js';
import { createGraph, type Graph } from './graph.js';
import { readLedgers } from './ledgers.js';
import { gitProblem } from './problems.js';
import { tryPush } from './push.js';
import { createWorkshop, expectGit, type RemoteSpec, type Workshop } from './repository.js';
import { readSnapshot } from './snapshot.js';
import { asResult, swapRefs, type SwapPlace } from './swap.js';

export interface GitTargetSpec extends RemoteSpec {
  branch: string;
  /** Undefined: the author that the checkout's git set-up names, else image-release. */
  author?: GitPerson;
  clockwork: Clockwork;
}

const DEFAULT_AUTHOR: GitPerson = {
  name: 'image-release',
  email: 'image-release@users.noreply.github.com',
};
const HISTORY_DEPTH = 100;

interface Opened {
  workshop: Workshop;
  fetch: Fetch;
  graph: Graph;
}

/** A branch of any remote that git can push to. It works in bare repositories in a temporary folder. */
export function createGitTarget(spec: GitTargetSpec): DeployTarget {
  const { branch, clockwork } = spec;
  let opened: Promise<Opened> | undefined;
  const known: Pick<SwapPlace, 'abilities' | 'namespaces'> = {
    abilities: { updates: 'together', newLedgers: 'own' },
    namespaces: new Map(),
  };

  const open = () =>
    (opened ??= createWorkshop(spec).then((workshop) => ({
      workshop,
      fetch: fetchInto(workshop.snapshots, clockwork),
      graph: createGraph(workshop, clockwork),
    })));
  const explain = (
    { workshop }: Opened,
    failed: { trouble: GitTrouble; stderr: string },
  ): Promise<ReleaseError> => explainTrouble(workshop, branch, failed.trouble, failed);

  /** Undefined: there is no such branch. */
  async function findHead(
    on: string,
    depth: number,
    options: ReadOptions,
  ): Promise<string | { missing: ReleaseError }> {
    const place = await open();
    const ref = `refs/heads/${on}`;
    const fetched = await place.fetch([`--depth=${depth}`, 'target', `+${ref}:refs/branches/${on}`], options);
    if (fetched.status === 'failed') {
      const reason = await explain(place, fetched);
      if (fetched.trouble === 'branch-missing') return { missing: reason };
      throw reason;
    }
    return fetched.refs.get(ref) ?? { missing: await explain(place, { trouble: 'other', stderr: '' }) };
  }

  async function readHistory(range: readonly string[], options: ReadOptions): Promise<TargetCommit[]> {
    const { workshop } = await open();
    const log = await expectGit(
      workshop.snapshots,
      ['log', '-z', '--no-show-signature', '--format=%H%n%B', ...range, '--'],
      options,
    );
    return log
      .split('\0')
      .filter((entry) => entry !== '')
      .map((entry) => {
        const oid = entry.slice(0, entry.indexOf('\n'));
        return { oid, message: entry.slice(oid.length + 1), url: commitPage(workshop.url, oid) };
      });
  }

  function explainRefusal(place: Opened, by: PushOutcome & { words: string }): ReleaseError {
    const kind = by.status === 'rules' || by.status === 'refused' ? by.status : 'other';
    return failure(gitProblem(kind, { url: place.workshop.url, branch, words: by.words }));
  }

  return {
    description: `git remote ${spec.remote.replace(/:\/\/[^/@]*@/, '://')}, branch ${branch}`,
    branch,

    async readLedgers(channels, options = {}) {
      const place = await open();
      const read = await readLedgers(place.workshop.snapshots, place.fetch, channels, options);
      if ('status' in read) throw await explain(place, read);
      for (const channel of channels) known.namespaces.delete(channel);
      for (const [channel, namespace] of read.namespaces) known.namespaces.set(channel, namespace);
      return read.readings;
    },

    async snapshot(options = {}) {
      const place = await open();
      const head = await findHead(branch, 1, options);
      if (typeof head !== 'string') throw head.missing;
      return readSnapshot(
        place.workshop.snapshots,
        place.fetch,
        head,
        (failed) => explain(place, failed),
        options,
      );
    },

    async headOf(on, options = {}) {
      const head = await findHead(on, 1, options);
      if (typeof head !== 'string') return undefined;
      const [commit] = await readHistory(['--max-count=1', head], options);
      return commit;
    },

    async proveRights(options = {}) {
      const place = await open();
      const head = await findHead(branch, 1, options);
      if (typeof head !== 'string') throw head.missing;
      const refused = await tryPush(
        place.workshop.snapshots,
        { ref: `refs/heads/${branch}`, after: head },
        options,
      );
      if (refused) throw await explain(place, refused);
    },

    async compare(base, head, options = {}) {
      const place = await open();
      const relation = await place.graph.compare(base, head, options);
      if (typeof relation !== 'string') throw await explain(place, relation);
      return relation;
    },

    async swap(change: TargetChange): Promise<SwapResult> {
      const place = await open();
      const { snapshots, author, url } = place.workshop;
      const maker = createCommitMaker(snapshots, spec.author ?? author ?? DEFAULT_AUTHOR);
      const commit = await maker.deployCommit(change);
      const ledgers = await maker.ledgerCommits(change.ledgers, commit);
      const { proposal, base } = change;
      const target = proposal
        ? { name: proposal.branch, before: proposal.before }
        : { name: branch, before: base };
      const swapped = await swapRefs(
        {
          ...known,
          repository: snapshots,
          revert: maker.revertLedger,
          standingOf: (ref) => standingOf(place.workshop, ref),
        },
        commit === undefined
          ? undefined
          : { ref: `refs/heads/${target.name}`, before: target.before, after: commit },
        ledgers,
      );
      if (swapped.status !== 'stopped') {
        return asResult(swapped, commit ? { commit, url: commitPage(url, commit) } : {});
      }
      const { by } = swapped;
      if (by.status !== 'failed') throw explainRefusal(place, by);
      if (isCertain(by.trouble)) throw await explain(place, { trouble: by.trouble, stderr: by.words });
      return { status: 'unknown', cause: new Error(by.words) };
    },

    async commitsSince(since, options = {}) {
      const head = await findHead(options.on ?? branch, HISTORY_DEPTH, options);
      if (typeof head !== 'string') return [];
      return readHistory([`--max-count=${HISTORY_DEPTH}`, head, `^${since}`], options);
    },

    async close() {
      const place = await opened?.catch(() => undefined);
      opened = undefined;
      await place?.workshop.remove();
    },
  };
}

async function standingOf({ snapshots }: Workshop, ref: string): Promise<string | undefined> {
  const listed = await snapshots.git(['ls-remote', 'target', ref]);
  return /^([0-9a-f]+)\t/.exec(listed.stdout.toString('utf8'))?.[1];
}

/** Troubles that a push reports before it sends anything. */
function isCertain(trouble: GitTrouble): boolean {
  return trouble !== 'transient' && trouble !== 'other';
}

/** The page of a commit at the forges whose addresses are known; undefined elsewhere. */
function commitPage(remote: string, oid: string): string | undefined {
  const match =
    /^(?:https:\/\/|ssh:\/\/git@|git@)(github\.com|gitlab\.com|codeberg\.org)[/:](.+?)(?:\.git)?\/?$/.exec(
      remote,
    );
  return match ? `https://${match[1]}/${match[2]}/commit/${oid}` : undefined;
}
