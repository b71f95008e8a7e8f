import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { buildImages } from './build/buildx.js';
import { chooseBuilder, needsOf, type BuilderVerdict } from './build/builder-choice.js';
import { createDockerConfig, type RegistryLogin, type TemporaryDockerConfig } from './build/docker-config.js';
import type { ProgressListener } from './build/progress.js';
import type { Config } from './config/config.js';
import { checkDeploy, deploy } from './deploy/deploy.js';
import type { Clockwork } from './deploy/backoff.js';
import type { RegistryCheck } from './deploy/pullable.js';
import type { Ancestry, Position } from './deploy/order.js';
import { findKustomize } from './deploy/proof/kustomize-program.js';
import type { DeployPlace, DeployTarget } from './deploy/target.js';
import { probeBuildFiles } from './facts/build-files.js';
import { probeDocker, type DockerFacts } from './facts/docker.js';
import type { Environment, Facts } from './facts/facts.js';
import type { Source } from './facts/source.js';
import { Cancelled, ReleaseError, type Place, type Problem } from './lib/errors.js';
import { run } from './lib/process.js';
import type { Plan } from './plan/plan.js';
import { hasHost } from './plan/references.js';
import { checkRegistry } from './registry/check-registry.js';
import { createRegistryClient, resolveReference, type RegistryClient } from './registry/client.js';
import { createCredentialLookup, readDockerConfig } from './registry/credentials.js';
import { publish } from './registry/publish.js';
import { verifyDeployed } from './registry/standing.js';
import type { World } from './release.js';
import type { StewardWorld } from './stewardship.js';

/** Everything that an entry point has read of its environment, for one run. */
export interface Setting {
  /** Top folder of the checkout. */
  root: string;
  source: Source;
  uncommitted: string[];
  environment: Environment;
  /** Environment of child processes; build secrets are taken from it by name. */
  env: NodeJS.ProcessEnv;
  /** Home folder of the user, and a folder for temporary files. */
  home: string;
  temp: string;
  logins: RegistryLogin[];
  /** Makes the target of a branch that is deployed to. */
  openTarget(place: DeployPlace, clockwork: Clockwork): DeployTarget;
  /** Opens the repository that is released, to ask how its commits stand to each other. */
  openHistory(clockwork: Clockwork): Pick<DeployTarget, 'compare' | 'close'>;
  /** `none`: what is deployed is taken at its word. */
  registryCheck: 'registry' | 'none';
  userAgent: string;
  signal: AbortSignal;
  onProgress: ProgressListener;
  /** A sentence of progress. */
  say(line: string): void;
  redact(text: string): string;
  /** Told of what outlives this process if it is killed: folder of the registry logins, builder. */
  onLeftover(leftover: { dockerConfig: string } | { builder: string }): void;
}

export interface ConnectedWorld extends World, StewardWorld {
  /** Removes registry logins and closes connections. */
  close(): Promise<void>;
}

const UNCHECKED: RegistryCheck = { check: 'none' };

/** Connects a release to buildx, registries and the deploy target. */
export async function connectWorld(setting: Setting, config: Config): Promise<ConnectedWorld> {
  const { signal, root, redact } = setting;
  const login = await createDockerConfig(setting);
  setting.onLeftover({ dockerConfig: login.directory });
  const env = { ...setting.env, ...login.env };
  const client = await connectRegistry(setting, login);
  const clockwork: Clockwork = { sleep, random: Math.random };
  const openTarget = (place: DeployPlace) => setting.openTarget(place, clockwork);
  // Opened when it is asked: where nothing is deployed there may be no token for it.
  const withHistory = async <T>(work: (ancestry: Ancestry) => Promise<T>): Promise<T> => {
    let history: ReturnType<Setting['openHistory']> | undefined;
    const open = () => (history ??= setting.openHistory(clockwork));
    try {
      return await work({ compare: async (...commits) => open().compare(...commits) });
    } finally {
      await history?.close();
    }
  };
  const registry: RegistryCheck =
    setting.registryCheck === 'none'
      ? UNCHECKED
      : {
          check: 'registry',
          resolve: (image, tag, stop) => resolveReference(client.withSignal(stop), image, tag),
        };

  let kustomize: ReturnType<typeof findKustomize> | undefined;
  const surroundings = async () => ({
    source: positionOf(setting.source),
    openTarget,
    kustomize: await (kustomize ??= findKustomize({ env: setting.env, temp: setting.temp, signal })),
    clockwork,
    signal,
  });

  return {
    signal,
    source: setting.source,
    openTarget,
    withHistory,
    registry,
    verify: (image) => verifyDeployed(client, image),

    async probe(): Promise<Facts> {
      const builder = config.builder.type === 'buildx' ? config.builder.name : undefined;
      return {
        source: setting.source,
        environment: setting.environment,
        uncommitted: setting.uncommitted,
        files: Object.fromEntries(
          config.images.map((image) => [image.key, probeBuildFiles(root, image, setting.env)]),
        ),
        docker: await probeDocker({ env, run, builder, signal }),
      };
    },

    async check(plan, rollouts, intent, docker): Promise<Problem[]> {
      const [fromRegistry, fromTargets] = await Promise.all([
        checkRegistry(client, plan.publish.mode === 'push' ? plan.images : []),
        withHistory(async (ancestry) =>
          checkDeploy({
            ...(await surroundings()),
            deploys: plan.deploy,
            rollouts,
            intent,
            ancestry,
            registry: docker ? UNCHECKED : registry,
          }),
        ),
      ]);
      const fromBuilder = docker === undefined ? [] : builderProblems(judgeBuilder(plan, docker, config));
      return [
        ...fromBuilder,
        ...fromRegistry.map((problem) => ({ place: registryPlace(config, problem.image), ...problem })),
        ...fromTargets,
      ];
    },

    async build(plan, facts) {
      const verdict = judgeBuilder(plan, facts.docker, config);
      if (verdict.status === 'impossible') throw new ReleaseError(verdict.problems);
      const { builder, abilities } = verdict;
      if (builder.type === 'new') setting.say(`Starting a BuildKit builder: ${builder.reason}.`);
      return buildImages({
        plan,
        builder,
        abilities,
        root,
        env,
        temp: setting.temp,
        signal,
        onProgress: setting.onProgress,
        redact,
        onBuilder: (name) => setting.onLeftover({ builder: name }),
      });
    },

    publish: (plan, built) => publish({ images: plan.images, built: built.images, client, signal }),

    deploy: (plan, rollouts, intent) =>
      withHistory(async (ancestry) =>
        deploy({
          ...(await surroundings()),
          deploys: plan.deploy,
          rollouts,
          intent,
          ancestry,
          registry,
          newId: randomUUID,
          now: new Date().toISOString(),
          say: setting.say,
        }),
      ),

    async close() {
      client.close();
      await login.dispose();
    },
  };
}

async function connectRegistry(setting: Setting, login: TemporaryDockerConfig): Promise<RegistryClient> {
  const { env, logins, signal } = setting;
  return createRegistryClient({
    credentials: createCredentialLookup({
      explicit: logins,
      config: await readDockerConfig(login.directory),
      runHelper: (program, args, input) => run(program, args, { env, input, signal }),
    }),
    signal,
    userAgent: setting.userAgent,
    proxy: {
      https: env['HTTPS_PROXY'] ?? env['https_proxy'],
      except: env['NO_PROXY'] ?? env['no_proxy'],
    },
  });
}

function positionOf({ repository, commit, run }: Source): Position {
  return { repository, commit, ...(run && { run: Number(run.id) }) };
}

/** Where the configuration says which registry an image goes to; undefined: that is left to the default. */
function registryPlace(config: Config, key?: string): Place | undefined {
  const own = config.images.find((image) => image.key === key)?.image;
  if (own !== undefined && hasHost(own)) return config.place(`images.${key}.image`);
  return config.registry === undefined ? undefined : config.place('registry');
}

function judgeBuilder(plan: Plan, docker: DockerFacts, config: Config): BuilderVerdict {
  return chooseBuilder({ facts: docker, needs: needsOf(plan), choice: config.builder });
}

/** What stands against the builder, or is to be known of it. */
function builderProblems(verdict: BuilderVerdict): readonly Problem[] {
  return verdict.status === 'chosen' ? verdict.warnings : verdict.problems;
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    if (signal?.aborted) throw new Cancelled('waiting to try again');
    throw error;
  }
}
