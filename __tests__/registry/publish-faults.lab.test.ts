import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry, type LabRegistry } from '../../lab/registry.js';
import { soak } from '../../testing/soak.js';
import { ReleaseError } from '../../src/lib/errors.js';
import { createRegistryClient } from '../../src/registry/client.js';
import { publish, type PublishOptions } from '../../src/registry/publish.js';
import type { VerifiedDocument } from '../../src/registry/published-image.js';
import { plannedImage } from '../builders/samples.js';
import { startFront, type Fault, type Front } from './fixtures/front.js';
import { NO_ORDERING, SOURCE } from './fixtures/release.js';
import { pushImage, tagDigest } from './fixtures/images.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';

const KEYS = ['api', 'web'];
const SIDE_BY_SIDE = 4;
/** More than four tries of each request of a release of this size, including restoring its tags. */
const MOST_REQUESTS = 200;

const failing = (status: number, headers = {}): Fault => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ errors: [{ code: 'UNKNOWN', message: 'the test fails as planned' }] }),
});
/** Failures of a registry or of the network. */
const FAULTS = {
  cut: { cut: true },
  lost: { loseAnswer: true },
  '500': failing(500),
  '429': failing(429, { 'retry-after': '1' }),
  silent: { silence: true },
  'wrong-digest': { rewrite: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } },
  /** HEAD requests get 404 although the document exists. */
  'lying-head': failing(404),
} satisfies Record<string, Fault>;
type FaultName = keyof typeof FAULTS;
const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

interface FaultPlan {
  fault: FaultName;
  /** Number of the first request that fails, from 1. */
  at: number;
  /** `lasting`: all later requests fail, too. */
  length: 'once' | 'lasting';
}

/** Counts requests from 1. If `plan` is undefined, none fails. */
function begin(front: Front, plan: FaultPlan | undefined): void {
  front.seen.length = 0;
  front.onRequest(({ method }) => {
    const number = front.seen.length;
    const fails = plan && (plan.length === 'once' ? number === plan.at : number >= plan.at);
    return !fails || (plan.fault === 'lying-head' && method !== 'HEAD') ? undefined : FAULTS[plan.fault];
  });
}

interface Lane {
  front: Front;
  images: Record<string, { repository: string; earlier: PushedIndex; ours: PushedIndex }>;
}
/** `unknown`: publishing has to verify the images itself. */
type Knowledge = 'verified' | 'unknown';
type PushedIndex = Pick<VerifiedDocument, 'document' | 'platforms'>;

let base: string;
let registry: LabRegistry;
/** Each has separate repositories: Debian's registry may fail if a manifest is pushed and read at the same time. */
const lanes: Lane[] = [];
let cases = 0;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'publish-faults-'));
  registry = await startRegistry({ dir: join(base, 'registry') });
  for (let index = 0; index < SIDE_BY_SIDE; index++) {
    const lane: Lane = { front: await startFront(registry.host), images: {} };
    for (const key of KEYS) {
      const repository = `lane${index}/${key}`;
      const earlier = await pushed(repository, '9'.repeat(40));
      const ours = await pushed(repository, SOURCE.commit);
      lane.images[key] = { repository, earlier, ours };
    }
    lanes.push(lane);
  }
});

afterAll(async () => {
  await Promise.all(lanes.map(({ front }) => front.stop()));
  await registry.stop();
  await rm(base, { recursive: true, force: true });
});

async function pushed(repository: string, commit: string): Promise<PushedIndex> {
  const annotations = { 'org.opencontainers.image.revision': commit };
  const image = { seed: `${repository} ${commit}`, attestations: () => [], annotations };
  const { digest } = await pushImage(registry, repository, image);
  const answer = await fetch(`http://${registry.host}/v2/${repository}/manifests/${digest}`, {
    headers: { accept: INDEX },
  });
  return {
    document: { bytes: Buffer.from(await answer.arrayBuffer()), digest, mediaType: INDEX },
    platforms: [],
  };
}

/**
 * A release whose moving tag names an earlier image, published through a front that fails as planned. Each attempt
 * has separate tags on the same images, so that the bytes are pushed only once.
 */
async function attempt({ front, images }: Lane, plan: FaultPlan | undefined, known: Knowledge) {
  const [release, moving] = [`main-${++cases}`, `latest-${cases}`];
  const of = (key: string) => images[key]!;
  const now = (key: string, tag: string) => tagDigest(registry, of(key).repository, tag);
  await Promise.all(
    KEYS.map((key) =>
      fetch(`http://${registry.host}/v2/${of(key).repository}/manifests/${moving}`, {
        method: 'PUT',
        headers: { 'content-type': INDEX },
        body: of(key).earlier.document.bytes,
      }),
    ),
  );
  const pauses: number[] = [];
  const nameOf = (key: string) => `${front.host}/${of(key).repository}`;
  const options = (failing: FaultPlan | undefined): PublishOptions => ({
    verified: known === 'verified' ? KEYS.map((key) => ({ image: nameOf(key), ...of(key).ours })) : [],
    images: KEYS.map((key) =>
      plannedImage(key, {
        ...{ image: nameOf(key), tags: [release, moving], releaseTag: release },
        ...{ movingTags: { [moving]: 'commit' }, attest: { provenance: 'off', sbom: 'off' } },
      }),
    ),
    built: KEYS.map((key) => ({
      ...{ key, image: nameOf(key), digest: of(key).ours.document.digest, pushed: 'by-digest' },
      ...{ seconds: 1, steps: { total: 1, cached: 0 } },
    })),
    source: SOURCE,
    unread: [],
    tags: new Map(),
    ordering: NO_ORDERING,
    client: createRegistryClient({
      credentials: async () => undefined,
      userAgent: 'image-release-test',
      sleep: async (ms) => void pauses.push(ms),
      // A registry that is not silent may be slow.
      silenceMs: failing?.fault === 'silent' ? 250 : 10_000,
    }),
    limits: { finishMs: 1000, undoMs: 1000, longestUndoMs: 5000 },
  });
  const run = async (failing: FaultPlan | undefined) => {
    const wanted = options(failing);
    try {
      return await publish(wanted);
    } catch (error) {
      if (error instanceof ReleaseError) return error;
      throw error;
    } finally {
      wanted.client.close();
    }
  };
  begin(front, plan);
  const outcome = await run(plan);
  const requests = front.seen.map(({ method, path }) => `${method} ${path}`);
  const state = await Promise.all(
    KEYS.map(async (key) => ({
      name: nameOf(key),
      earlier: of(key).earlier.document.digest,
      ours: of(key).ours.document.digest,
      release: await now(key, release),
      moving: await now(key, moving),
    })),
  );
  begin(front, undefined);
  const again = outcome instanceof ReleaseError ? await run(undefined) : outcome;
  return { outcome, again, requests, state, pauses, tags: { release, moving } };
}

/** The guarantees that a release broke; empty if it kept all of them. */
function broken({ outcome, again, requests, state, pauses, tags }: Awaited<ReturnType<typeof attempt>>): string[] {
  const objections: string[] = [];
  const named =
    outcome instanceof ReleaseError ? outcome.problems.filter(({ code }) => code === 'registry/tags-left') : [];
  for (const { name, earlier, ours, ...now } of state) {
    if (!(outcome instanceof ReleaseError)) {
      if (now.release !== ours) objections.push(`${name}: released, and its release tag is ${now.release}`);
      if (now.moving !== ours) objections.push(`${name}: released, and its moving tag is ${now.moving}`);
      continue;
    }
    const left = named.some(({ message }) => message.includes(`${name}:${tags.moving} `));
    if (now.moving !== earlier && !left)
      objections.push(`${name}: its moving tag is ${now.moving}, and nobody says so`);
    if (now.release !== undefined && now.release !== ours)
      objections.push(`${name}: its release tag is ${now.release}`);
  }
  const puts = requests.filter((request) => request.startsWith('PUT'));
  const firstMoving = puts.findIndex((request) => request.endsWith(tags.moving));
  const before = puts.slice(0, firstMoving < 0 ? 0 : firstMoving);
  if (firstMoving >= 0 && before.filter((request) => request.endsWith(tags.release)).length < KEYS.length)
    objections.push('a moving tag was put before all release tags');
  if (requests.length > MOST_REQUESTS) objections.push(`${requests.length} requests`);
  if (pauses.some((ms) => ms > 2000)) objections.push(`a pause of ${Math.max(...pauses)} ms`);
  if (again instanceof ReleaseError) objections.push(`a second run fails: ${again.message}`);
  return objections;
}

test(
  'whichever request fails, publishes completely or names each moving tag not restored; a second run succeeds',
  async () => {
    const requestsOf = async (known: Knowledge) => {
      const sound = await attempt(lanes[0]!, undefined, known);
      expect(broken(sound)).toEqual([]);
      return sound.requests.map((request, index) => ({ at: index + 1, head: request.startsWith('HEAD') }));
    };
    const tagging = await requestsOf('verified');
    const all = await requestsOf('unknown');
    const lies = all.filter(({ head }) => head);
    expect([tagging.length, lies.length].every((length) => length > 1)).toBe(true);
    const plan = (fault: FaultName, length: FaultPlan['length'], known: Knowledge = 'verified') => {
      return ({ at }: { at: number }) => ({ plan: { fault, at, length }, known });
    };
    /** Every fourth request, shifted for each fault, so that all of them fail in some way. */
    const some = (requests: readonly { at: number }[], offset: number) =>
      requests.filter((_, index) => (index + offset) % soak(4, 1) === 0);
    const faults = FAULT_NAMES.filter((fault) => fault !== 'lying-head');
    const waiting = [
      ...faults.flatMap((fault, offset) => some(tagging, offset).map(plan(fault, 'once'))),
      ...some(lies, 0).map(plan('lying-head', 'once', 'unknown')),
      ...some(lies, 2).map(plan('500', 'lasting', 'unknown')),
      ...some(tagging, 1).map(plan('500', 'lasting')),
      // After all retries, these differ only in whether the registry handled the request.
      ...some(tagging, 2).map(({ at }) => plan(at % 8 < 4 ? 'cut' : 'lost', 'lasting')({ at })),
      ...[plan('silent', 'lasting')({ at: 8 }), plan('wrong-digest', 'lasting')({ at: 12 })],
    ];
    const outcomes: { plan: FaultPlan; threw: boolean; objections: string[] }[] = [];
    await Promise.all(
      lanes.map(async (lane) => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const attempted = await attempt(lane, next.plan, next.known);
          const threw = attempted.outcome instanceof ReleaseError;
          outcomes.push({ plan: next.plan, threw, objections: broken(attempted) });
        }
      }),
    );
    const failed = ({ plan, objections }: (typeof outcomes)[number]) =>
      objections.map((objection) => `${plan.fault} ${plan.length} at ${plan.at}: ${objection}`);
    expect(outcomes.flatMap(failed)).toEqual([]);
    // Temporary faults stop no release; lasting ones stop most releases.
    const passing = outcomes.filter(({ plan }) => plan.length === 'once' && !/wrong|lying/.test(plan.fault));
    expect(passing.filter(({ threw }) => threw)).toEqual([]);
    const lasting = outcomes.filter(({ plan }) => plan.fault === '500' && plan.length === 'lasting');
    expect(lasting.filter(({ threw }) => threw).length).toBeGreaterThan(lasting.length / 2);
  },
  soak(120_000, 600_000),
);
