import { randomUUID } from 'node:crypto';
import { createDockerConfig } from '../builders/docker-config.js';
import { isMarkAlive, processMark } from '../kubernetes/ownership.js';
import { settingsFor } from '../config/builder-settings.js';
import type { Config } from '../config/config.js';
import { checkDeploy, deploy } from '../deploy/deploy.js';
import { sleep, type Clockwork } from '../lib/sleep.js';
import type { Intent, DeployPlace, DeployTarget } from '../deploy/target.js';
import type { RegistryCheck } from '../deploy/pullable.js';
import { askedOnce, type Position } from '../deploy/order.js';
import { findKustomize, type Kustomize } from '../deploy/proof/kustomize.js';
import { probeCheckout } from '../facts/build-files-checkout.js';
import { probeBuildFiles } from '../facts/build-files.js';
import { probeDocker } from '../facts/docker.js';
import type { Facts } from '../facts/facts.js';
import type { Source } from '../facts/source.js';
import type { Place, Problem } from '../lib/errors.js';
import { proxyOf } from '../lib/http.js';
import { run } from '../lib/process.js';
import { Secret } from '../lib/secret.js';
import { withPlatforms, type Plan } from '../plan/plan.js';
import { hasHost } from '../plan/references.js';
import { checkRegistry } from '../registry/check.js';
import { publish, reconcilePublished } from '../registry/publish.js';
import { confirmPublished } from '../registry/confirm.js';
import { createRegistryClient } from '../registry/client.js';
import { createCredentialLookup, readDockerConfig } from '../registry/credentials.js';
import { pushMerged } from '../registry/multi-platform/plan-merge.js';
import { readPlatforms } from '../registry/multi-platform/read-platforms.js';
import { verifyDeployed } from '../registry/verify-deployed.js';
import type { ExpectedImage } from '../live/outcome.js';
import type { MergeDependencies } from '../merge-platforms.js';
import type { CleanupContext } from '../cleanup.js';
import type { DeploymentsContext } from '../deployments.js';
import type { createBuilding } from './building.js';
import { connectComparison } from './comparison.js';
import { createTagOrdering } from './tag-ordering.js';
import { adoptionObjection } from './trust.js';
import { connectSigning } from './signing.js';
import type { RunContext } from './run-context.js';

export interface ConnectedDependencies extends MergeDependencies, DeploymentsContext, CleanupContext {
  /** Removes registry logins and closes connections. */
  close(): Promise<void>;
}

const UNCHECKED: RegistryCheck = { check: 'none' };

/**
 * How old a reading of ledger and branch may be for tags and the deploy commit. The commit compares both, so a race is lost, not
 * missed, however old it is; but after a long build another run has probably deployed, and reading costs less than losing.
 */
const RECENT_MS = 10_000;
/** How long a cancelled run may still reconcile its tags. */
const LAST_LOOK_MS = 1500;

/** Connects a release to buildx, registries and the deploy target. */
export async function connectDependencies(runContext: RunContext, config: Config): Promise<ConnectedDependencies> {
  const { signal, root, platform } = runContext;
  const owner = { mark: await processMark(), isAlive: isMarkAlive };
  const login = await createDockerConfig({ ...runContext, owner });
  runContext.onLeftover({ dockerConfig: login.directory });
  const env = { ...runContext.env, ...login.env };
  const findLogin = createCredentialLookup({
    explicit: runContext.logins,
    config: await readDockerConfig(login.directory),
    runHelper: (program, args, input) => run(program, args, { env: runContext.env, input, signal }),
  });
  const client = createRegistryClient({
    ...{ credentials: findLogin, signal, userAgent: runContext.userAgent, proxy: proxyOf(runContext.env) },
  });
  const signing = connectSigning({ ...runContext, env }, config, client);
  const clockwork: Clockwork = { sleep, random: Math.random };
  // One of each place for the run, so that a step can use what an earlier one has read.
  const targets = new Map<string, DeployTarget>();
  const openTarget = (place: DeployPlace): DeployTarget => {
    const key = JSON.stringify([place.repository, place.branch]);
    const target = targets.get(key) ?? runContext.openTarget(place, clockwork);
    targets.set(key, target);
    return target;
  };
  // Opened when it is asked: where nothing is deployed there may be no token for it.
  let opened: ReturnType<RunContext['openHistory']> | undefined;
  const openHistory = () => (opened ??= runContext.openHistory(clockwork));
  const ancestry = askedOnce({
    compare: async (...commits) => openHistory().compare(...commits),
    history: async (...commits) => openHistory().history?.(...commits),
    commitOf: async (...commit) => openHistory().commitOf?.(...commit),
  });
  const registryWith = (served: ReadonlyMap<string, string | undefined>): RegistryCheck => {
    if (runContext.registryCheck === 'none') return UNCHECKED;
    const resolve = async (image: string, tag: string, stop?: AbortSignal) =>
      served.has(`${image}:${tag}`)
        ? served.get(`${image}:${tag}`)
        : (await client.withSignal(stop).headManifest(image, tag))?.digest;
    return { check: 'registry', resolve };
  };
  const registry = registryWith(new Map());

  let found: ReturnType<typeof findKustomize> | undefined;
  const kustomizeFor = async ({ deploy: deploys }: Plan): Promise<Kustomize> =>
    // It is for proofs alone.
    deploys.some(({ status }) => status === 'deploy')
      ? (found ??= findKustomize({ env: runContext.env, temp: login.directory, signal }))
      : { status: 'missing' };
  const deployContext = async (plan: Plan) => ({
    ...{ source: positionOf(plan.source), sourceUrl: runContext.source.url, deploys: plan.deploy },
    ...{ ancestry, openTarget, clockwork, signal },
    kustomize: await kustomizeFor(plan),
  });

  const { type: builderType, settings: builders } = config.builder;
  let docker: ReturnType<typeof probeDocker> | undefined;
  const askDocker = () =>
    (docker ??= probeDocker({ env, run, signal, builder: settingsFor(builders, 'buildx')?.name }));
  // All builders: loaded only when something is built.
  let building: Promise<ReturnType<typeof createBuilding>> | undefined;
  const openBuilding = () =>
    (building ??= import('./building.js').then((module) =>
      module.createBuilding({ runContext, config, env, folder: login.directory, client, findLogin, askDocker }),
    ));
  // While registry and plan are still read: starting the programs takes as long. The choice of a builder finds a failure.
  const prepareBuild = () => {
    if (builderType === 'auto' || builders[0]?.type === 'buildx') askDocker().catch(() => {});
    openBuilding().catch(() => {});
  };
  const comparison = connectComparison({
    ...{ runContext, config, client, openTarget, signatureObjection: signing.objection },
    onBuild: prepareBuild,
  });
  const { commit, commitTime, run: workflowRun } = runContext.source;
  const releaseSource = { commit, commitTime, ...(workflowRun && { run: Number(workflowRun.id) }) };
  const orderTags = ({ deploy: deploys }: Plan, intent: Intent, since: () => number, within = signal) =>
    createTagOrdering({ deploys, intent, ancestry, openTarget, since, signal: within });

  // Loaded only for `status --live` and `--wait`.
  const openLive = () => import('./live.js');
  const live = { runContext, client, openTarget, clock: { now: Date.now, sleep } };

  return {
    signal,
    source: runContext.source,
    onEvent: runContext.onEvent,
    openTarget,
    ancestry,
    registry,
    readLive: async (expected) => (await openLive()).readLive(live, expected),
    async awaitRunning(request) {
      const { awaitRunning } = await import('../await-running.js');
      const { waitForLive } = await openLive();
      const wait = (expected: readonly ExpectedImage[], limitMs: number) => waitForLive(live, expected, limitMs);
      return awaitRunning(request, { source: runContext.source, signal, openTarget, waitForLive: wait });
    },
    openCleanup: async () => (await import('./cleanup.js')).connectCleanup(runContext, client),
    watchRelease: async () => (await import('./dispatch.js')).watchOnGitHub(runContext),
    async verify(image) {
      const [attested, signed] = await Promise.all([verifyDeployed(client, image), signing.verify(image)]);
      return { ...attested, ...signed, problems: [...attested.problems, ...signed.problems] };
    },

    editedFiles: async (commit) => openHistory().editedFiles?.(commit, { signal }),

    async probe(): Promise<Facts> {
      return {
        source: runContext.source,
        environment: runContext.environment,
        signing: await signing.probe(),
        uncommitted: runContext.uncommitted,
        files: Object.fromEntries(
          [...config.images, ...config.helpers].map((image) => [
            image.key,
            probeBuildFiles(root, image, runContext.env),
          ]),
        ),
        checkout: probeCheckout(root),
        usernames: runContext.logins.map(({ username }) => new Secret(username)),
      };
    },

    ...comparison,

    findBuilder: async (plan) => (await openBuilding()).find(plan),

    async check(plan, rollouts, intent, builder, rights): Promise<Problem[]> {
      const fromBuilder = async () => (builder === undefined ? [] : (await openBuilding()).check(plan, builder));
      // The run that is started there checks what it needs, with separate rights.
      if (builder !== undefined && (await openBuilding()).isElsewhere(builder)) return [...(await fromBuilder())];
      const [fromRegistry, fromTargets] = await Promise.all([
        rights ?? checkRegistry(client, plan.publish.mode === 'build-only' ? [] : plan.images),
        deployContext(plan).then((common) =>
          checkDeploy({
            ...{ ...common, rollouts, intent, since: 0 },
            // Images of a plan have their release tags only once they are published.
            registry: plan.images.length > 0 ? UNCHECKED : registry,
          }),
        ),
      ]);
      return [
        ...(await fromBuilder()),
        ...fromRegistry.map((problem) => ({ place: registryPlace(config, problem.image), ...problem })),
        ...fromTargets,
      ];
    },

    build: async (plan, builder, bases) => (await openBuilding()).build(plan, builder, bases),

    confirm: ({ publish: { mode }, images }, published) =>
      mode === 'by-digest'
        ? confirmPublished({ client, images: withPlatforms(images, platform), platforms: 'planned', published })
        : confirmPublished({ client, images, platforms: 'all', published }),

    readPlatforms: (plan, pushed) => readPlatforms({ client, images: plan.images, pushed, commit }),
    pushMerged: (plan, merged) => pushMerged({ client, images: plan.images, merged }),

    publish(plan, built, intent, { verified, unread, tags }) {
      // The deploy commit compares the ledger: until then it is as it was read, or the tags are reconciled with what it is.
      const recent = performance.now() - RECENT_MS;
      const ordering = orderTags(plan, intent, () => recent);
      const { newest } = orderTags(plan, intent, () => Infinity);
      return publish({
        ...{ images: plan.images, source: releaseSource, built: built.images, client, ordering },
        ...{ verified, unread, tags },
        objection: (image, digest, within) =>
          plan.sign === undefined
            ? adoptionObjection(plan, image, digest, { newest, sleep: (ms) => sleep(ms, signal), signal })
            : signing.objection(image, { tag: image.releaseTag, digest }, { client: within, signal }),
        sign: signing.sign,
        signal,
      });
    },

    reconcileTags(plan, published, intent, since) {
      // Only the first round may use what the commit has left: the others follow a tag that moved since.
      const ages = [since];
      const within = signal.aborted ? AbortSignal.timeout(LAST_LOOK_MS) : signal;
      const ordering = orderTags(plan, intent, () => ages.pop() ?? Infinity, within);
      const { images } = plan;
      return reconcilePublished({ images, published, source: releaseSource, client, ordering, signal: within });
    },

    deploy: async (plan, rollouts, intent, served) =>
      deploy({
        ...(await deployContext(plan)),
        ...{ rollouts, intent, registry: served ? registryWith(served) : registry, say: runContext.say },
        since: performance.now() - RECENT_MS,
        newId: randomUUID,
        now: new Date().toISOString(),
      }),

    async close() {
      client.close();
      signing.close();
      await login.dispose();
      await Promise.all([...targets.values(), ...(opened ? [opened] : [])].map((target) => target.close()));
    },
  };
}

function positionOf({ repository, commit, run }: Source): Position {
  return { repository, commit, ...(run && { run: Number(run.id) }) };
}

/** The place in the configuration that names the registry of an image; undefined: the default applies. */
function registryPlace(config: Config, key?: string): Place | undefined {
  const own = config.images.find((image) => image.key === key)?.image;
  if (own !== undefined && hasHost(own)) return config.place(`images.${key}.image`);
  return config.registry === undefined ? undefined : config.place('registry');
}
