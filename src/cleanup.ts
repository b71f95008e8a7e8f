import { decideCleanup, type CleanupPolicy, type NeededRelease, type Needs, type Verdict } from './cleanup/decide.js';
import { readVersions, subjectOfTag } from './cleanup/read-versions.js';
import { keyOf, nameOf, type Version, type VersionStore } from './cleanup/version.js';
import type { Config } from './config/config.js';
import { KUSTOMIZATION_NAMES } from './deploy/kustomization/location.js';
import { readLedger, type LedgerEntry } from './deploy/ledger/ledger.js';
import { collectFrom, problem, throwProblems, warning, withRemark, type Problem } from './lib/errors.js';
import { readClosures } from './deploy/proof/read-closures.js';
import { readKustomizations } from './deploy/deploy-edits.js';
import type { DeployTarget } from './deploy/target.js';
import type { Channel } from './deploy/status/read-status.js';
import { chooseChannels, namedImages } from './deployment-channels.js';
import type { DeploymentsContext } from './deployments.js';
import { isCacheTag } from './plan/cache-entries.js';
import { commitTagsOf } from './plan/commit-tags.js';
import type { RegistryClient } from './registry/client.js';
import type { Cleanup } from './report/cleanup.js';

/** Dependencies of a cleanup. */
export interface CleanupContext extends Pick<DeploymentsContext, 'source' | 'signal' | 'openTarget'> {
  openCleanup(): Promise<CleanupPorts>;
}

export interface CleanupPorts {
  client: RegistryClient;
  /** @throws ReleaseError `cleanup/refused` */
  storeOf(image: string): VersionStore;
  /** The images of all pods; undefined: no cluster is configured. */
  readRunning(): Promise<string | undefined>;
  say(line: string): void;
}

export interface CleanupRequest {
  config: Config;
  /** Earlier releases of each image and channel that are kept, in addition to the current one. */
  keep: number;
  /** Younger versions are kept, milliseconds. */
  age: number;
  /** `list`: delete nothing. */
  mode: 'list' | 'delete';
  /** Asks the user; undefined: nobody can be asked, or the user said `--yes`. */
  confirm?(planned: Cleanup): Promise<'yes' | 'no'>;
}

/** So many deletions at most rely on one reading of ledgers, branches, and the cluster. */
const BATCH = 50;

/**
 * Decides which published versions nothing needs, and deletes them. Everything that may need one is read before, and again
 * before each batch. An image that a release is about to deploy is new, or among the last releases of a ledger.
 * @throws ReleaseError with the problems of everything that can't be read: nothing is deleted then; Cancelled
 */
export async function cleanUp(request: CleanupRequest, deps: CleanupContext): Promise<Cleanup> {
  const ports = await deps.openCleanup();
  const planned = await plan(request, deps, ports);
  const shown: Cleanup = { status: 'planned', verdicts: planned.verdicts, warnings: [] };
  if (request.confirm === undefined)
    return request.mode === 'list' ? shown : remove(planned, planned, request, deps, ports);
  if (deletionsIn(planned.verdicts).length === 0) return shown;
  if ((await request.confirm(shown)) === 'no') return { ...shown, status: 'declined' };
  // Nobody knows how long the user has thought about it.
  return remove(planned, await plan(request, deps, ports), request, deps, ports);
}

interface PlannedCleanup {
  channels: Channel[];
  policy: CleanupPolicy;
  versions: Version[];
  verdicts: Verdict[];
}

async function plan(request: CleanupRequest, deps: CleanupContext, ports: CleanupPorts): Promise<PlannedCleanup> {
  const { config } = request;
  const channels = chooseChannels({ config, images: [] }, deps.source);
  const { needs, problems } = await readNeeds(request, channels, deps, ports);
  const images = [...new Set(namedImages(config, deps.source).flatMap(({ image }) => image ?? []))];
  const read = images.map(async (image) => {
    const named = needs.releases.flatMap((release) =>
      release.image === image && release.digest !== undefined ? [release.digest, ...release.bases] : release.bases,
    );
    return readVersions(ports.client, ports.storeOf(image), image, named);
  });
  const versions = (await Promise.all(read.map((work) => collectFrom(problems, work)))).flatMap((found) => found ?? []);
  throwProblems([...problems, ...lostReleases(needs, channels, versions)]);
  const policy = policyOf(request, channels, deps);
  return { channels, policy, versions, verdicts: decideCleanup(versions, needs, policy) };
}

function policyOf({ config, age }: CleanupRequest, channels: readonly Channel[], deps: CleanupContext): CleanupPolicy {
  const named = namedImages(config, deps.source);
  const deployed = channels.flatMap(({ images }) => images.flatMap(({ image }) => image ?? []));
  const rules = config.images.map(({ tags }, index) => ({
    image: named[index]!.image,
    matches: commitTagsOf(tags ?? config.tags, config.flavor),
  }));
  return {
    roleOf(image, tag) {
      if (subjectOfTag(tag) !== undefined) return 'signature';
      if (isCacheTag(config, image, tag)) return 'cache';
      return rules.some((rule) => rule.image === image && rule.matches(tag)) ? 'release' : 'unknown';
    },
    ...{ deployed: new Set(deployed), age, now: Date.now() },
  };
}

/** Reads ledgers, deployed branches, and the cluster as they are now. */
async function readNeeds(
  { keep }: CleanupRequest,
  channels: readonly Channel[],
  { openTarget, signal }: CleanupContext,
  { readRunning }: CleanupPorts,
): Promise<{ needs: Needs; problems: Problem[] }> {
  const problems: Problem[] = [];
  const releases: NeededRelease[] = [];
  const words = new Map<string, string>();
  // Channels on one branch have the same target.
  const places = new Map<DeployTarget, Channel[]>();
  for (const channel of channels) {
    const target = openTarget(channel);
    places.set(target, [...(places.get(target) ?? []), channel]);
  }
  const readPlace = async ([target, own]: [DeployTarget, Channel[]]) => {
    const fresh = { signal, since: performance.now() };
    const names = [...new Set([...own.map(({ channel }) => channel), ...(await target.listChannels(fresh))])];
    for (const reading of await target.readLedgers(names, fresh)) {
      for (const entry of readLedger(reading).images.values())
        releases.push(...releasesOf(entry, reading.channel, keep));
      const isReleased = own.some(({ channel, deploys }) => channel === reading.channel && !deploys.every(isPromoted));
      if (reading.oid === undefined && isReleased) problems.push(noLedger(reading.channel));
    }
    const snapshot = await target.snapshot(fresh);
    const configured = await readKustomizations(
      snapshot,
      own.flatMap((each) => each.deploys),
    );
    problems.push(...configured.flatMap((each) => (each.status === 'problem' ? each.problem : [])));
    const named = (await snapshot.list()).filter((path) => KUSTOMIZATION_NAMES.includes(path.split('/').at(-1)!));
    const paths = new Set([...named, ...configured.flatMap((each) => ('path' in each ? each.path : []))]);
    const { known } = await readClosures(snapshot, [], [...paths], signal);
    for (const [path, { bytes }] of known.files)
      addWords(words, Buffer.from(bytes).toString(), `${path} on branch ${target.branch}`);
  };
  const readCluster = async () => addWords(words, (await readRunning()) ?? '', 'the cluster');
  await Promise.all([...[...places].map(readPlace), readCluster()].map((work) => collectFrom(problems, work)));
  return { needs: { releases, words }, problems };
}

const isPromoted = ({ target }: Channel['deploys'][number]) => target.when === 'promoted';

function releasesOf({ image, current, history }: LedgerEntry, channel: string, keep: number): NeededRelease[] {
  return [current, ...history.slice(0, keep)].map(({ tag, digest, bases = [] }, back) => ({
    ...{ image, tag, digest, bases, channel, back },
  }));
}

/** Tags and digests are words of letters, digits, `.`, `_`, and `-`; a sentence may end right after one. */
function addWords(words: Map<string, string>, text: string, place: string): void {
  for (const [word] of text.matchAll(/\w[\w.-]*/g))
    for (const each of [word, word.replace(/[.-]+$/, '')]) if (!words.has(each)) words.set(each, place);
}

/** Deployed images that the registry doesn't have: it may be the wrong one. */
function lostReleases({ releases }: Needs, channels: readonly Channel[], versions: readonly Version[]): Problem[] {
  return releases
    .filter(({ back, ...release }) => {
      const own = channels.filter(({ channel }) => channel === release.channel).flatMap(({ images }) => images);
      return back === 0 && own.some(({ image }) => image === release.image);
    })
    .filter(({ image, tag, digest }) =>
      versions.every((each) => each.image !== image || (each.digest !== digest && !each.tags.includes(tag))),
    )
    .map(({ image, tag, channel }) =>
      problem({
        code: 'cleanup/unreadable',
        message: `The channel ${channel} deploys ${image}:${tag}, which the registry does not serve.`,
        fix: `Deploy an image that exists, or correct \`registry\`: \`image-release status --channel ${channel}\` shows the difference.`,
      }),
    );
}

function noLedger(channel: string): Problem {
  const message = `Channel ${channel} has no ledger, so its earlier releases are not known.`;
  const fix = 'Release to it once, or remove its target from `deploy`.';
  return problem({ code: 'deploy/no-history', message, fix });
}

/** Deletes what both decisions delete, in order. */
async function remove(
  shown: PlannedCleanup,
  { channels, policy, versions, verdicts }: PlannedCleanup,
  request: CleanupRequest,
  deps: CleanupContext,
  ports: CleanupPorts,
): Promise<Cleanup> {
  const agreed = new Set(deletionsIn(shown.verdicts).map(keyOf));
  const wanted = deletionsIn(verdicts).filter((version) => agreed.has(keyOf(version)));
  const probes = [...new Set(wanted.map(({ image }) => image))].map((image) => ports.storeOf(image).probe(image));
  throwProblems((await Promise.all(probes)).flatMap((found) => found ?? []));
  const gone = new Set<string>();
  const warnings: Problem[] = [];
  try {
    for (let from = 0; from < wanted.length; from += BATCH) {
      const { needs, problems } = await readNeeds(request, channels, deps, ports);
      throwProblems(problems);
      const unneeded = new Set(deletionsIn(decideCleanup(versions, needs, policy)).map(keyOf));
      for (const version of wanted.slice(from, from + BATCH)) {
        const whole = versions.filter(
          ({ image, parts, digest }) =>
            image === version.image && (parts.includes(version.digest) || digest === version.subject),
        );
        if (!unneeded.has(keyOf(version)) || !whole.every((each) => gone.has(keyOf(each)))) continue;
        const done = await ports.storeOf(version.image).delete(version);
        if (done.status === 'deleted') gone.add(keyOf(version));
        else {
          const message = `${nameOf(version)} of ${version.image} was not deleted: ${done.reason.replace(/\.$/, '')}.`;
          warnings.push(warning({ code: 'cleanup/not-deleted', message }));
        }
      }
      ports.say(`Deleted ${gone.size} of ${wanted.length} versions.`);
    }
  } catch (error) {
    throw withRemark(error, `${gone.size} of ${wanted.length} versions were deleted; another run continues.`);
  }
  const outcomes = verdicts.map((verdict) =>
    verdict.action === 'delete' && !gone.has(keyOf(verdict.version)) ? { ...verdict, left: true as const } : verdict,
  );
  return { status: 'done', verdicts: outcomes, warnings };
}

const deletionsIn = (verdicts: readonly Verdict[]): Version[] =>
  verdicts.flatMap(({ action, version }) => (action === 'delete' ? version : []));
