import {
  buildsOnGitHub,
  findBuilder,
  nextBuilderWarning,
  withoutFailed,
  type ChoiceInputs,
  type ChosenBuilder,
  type FoundBuilder,
} from '../builders/builder-choice.js';
import type { BuildRequest, BuildResult } from '../builders/built.js';
import { needsOf } from '../builders/buildx/buildx-builder.js';
import { buildImages } from '../builders/buildx/buildx.js';
import type { CacheMountSettings } from '../builders/buildx/cache/cache-mounts.js';
import { createCacheService } from '../builders/buildx/cache/service.js';
import { checkDockerfiles } from '../builders/buildx/dockerfile-checks.js';
import { settingsFor } from '../config/builder-settings.js';
import type { Config } from '../config/config.js';
import type { BaseImages } from '../dockerfile/description.js';
import { createBuildProbes, type BuildProbes } from '../facts/build-facts.js';
import { probeCheckout } from '../facts/build-files-checkout.js';
import type { ForgeFacts } from '../facts/forge-access.js';
import { probeMachine, type MachineFacts } from '../facts/machine.js';
import { connectBuilderPods } from '../kubernetes/builder-pods.js';
import { checkKaniko } from '../builders/kaniko/prepare.js';
import { connectKubectl } from '../kubernetes/kubectl.js';
import { ReleaseError, type Problem } from '../lib/errors.js';
import { run } from '../lib/process.js';
import type { Plan } from '../plan/plan.js';
import type { RegistryClient } from '../registry/client.js';
import type { CredentialLookup } from '../registry/credentials.js';
import { buildByDispatch } from './dispatch.js';
import { buildWithKaniko } from './kaniko.js';
import type { RunContext } from './run-context.js';

export interface BuildingContext {
  runContext: RunContext;
  config: Config;
  /** Of docker and what it starts, with the folder of registry logins. */
  env: NodeJS.ProcessEnv;
  /** For temporary files: removed with the run, also if it is killed. */
  folder: string;
  client: RegistryClient;
  findLogin: CredentialLookup;
  askDocker: BuildProbes['docker'];
}

export function createBuilding(context: BuildingContext) {
  const { runContext, config, env } = context;
  const machine = probeMachine({ env, uid: runContext.uid });
  const probes = connectProbes(machine, context);

  return {
    find: async (plan: Plan): Promise<FoundBuilder> => findBuilder(await choiceInputs(plan, machine, context), probes),

    isElsewhere: buildsOnGitHub,

    async check(plan: Plan, { decision }: FoundBuilder): Promise<readonly Problem[]> {
      if (decision.status === 'impossible') return decision.problems;
      const { builder, warnings } = decision;
      if (builder.type === 'kaniko' || builder.type === 'dispatch') return warnings;
      return [...warnings, ...(await checkDockerfiles({ ...runContext, ...builder, plan, env }))];
    },

    async build(plan: Plan, found: FoundBuilder, bases: BaseImages): Promise<BuildResult> {
      const request = { ...runContext, plan, env, temp: context.folder, bases };
      const warnings: Problem[] = [];
      for (let { decision, inputs } = found; ;) {
        if (decision.status === 'impossible') throw new ReleaseError(decision.problems);
        runContext.say(decision.sentence);
        try {
          const built = await buildWith(decision.builder, request, inputs.facts.forge);
          return { ...built, warnings: [...warnings, ...(built.warnings ?? [])] };
        } catch (error) {
          if (!(error instanceof ReleaseError)) throw error;
          const others = withoutFailed(inputs, decision.id, error.problems);
          if (others === undefined) throw error;
          const next = await findBuilder(others, probes);
          if (next.decision.status !== 'chosen') throw error;
          warnings.push(nextBuilderWarning(error.problems[0], next.decision));
          ({ decision, inputs } = next);
        }
      }
    },
  };

  async function buildWith(
    builder: ChosenBuilder,
    request: BuildRequest,
    forge: ForgeFacts | undefined,
  ): Promise<BuildResult> {
    switch (builder.type) {
      case 'kaniko':
        return buildWithKaniko(context, builder.settings, request);
      case 'dispatch':
        return buildByDispatch(runContext, builder.settings, forge, request);
      case 'buildx':
      case 'remote':
      case 'kubernetes':
        return buildImages({
          ...request,
          ...builder,
          cacheMounts: connectCacheMounts(runContext, config),
          onBuilder: (id) => runContext.onLeftover({ builder: id }),
          pods: connectBuilderPods((namespace) => connectKubectl({ env, run, namespace })),
        });
    }
  }
}

async function choiceInputs(
  plan: Plan,
  machine: MachineFacts,
  { runContext, config }: BuildingContext,
): Promise<ChoiceInputs> {
  const kaniko = settingsFor(config.builder.settings, 'kaniko') ?? { type: 'kaniko' };
  return {
    choice: config.builder,
    facts: { machine },
    needs: needsOf(plan),
    workflows: probeCheckout(runContext.root).workflows,
    uncommitted: runContext.uncommitted,
    kanikoUnsupported: await checkKaniko(plan, runContext.root, kaniko),
    failed: [],
  };
}

function connectProbes(machine: MachineFacts, { runContext, config, env, askDocker }: BuildingContext): BuildProbes {
  const { signal, root } = runContext;
  const { repository, url } = runContext.source;
  return createBuildProbes({
    ...{ machine, env, run, signal, root, repository },
    ...(url !== undefined && { forgeHost: new URL(url).host }),
    settings: config.builder.settings,
    docker: askDocker,
  });
}

/** @returns undefined if the contents of cache mounts stay with the builder */
function connectCacheMounts(runContext: RunContext, { cacheMounts }: Config): CacheMountSettings | undefined {
  const { environment, cacheProgram, env, platform, signal } = runContext;
  if (cacheMounts === 'off' || cacheProgram === undefined) return undefined;
  if (environment.kind !== 'actions' || !environment.cacheService) return undefined;
  return {
    service: createCacheService({ program: cacheProgram, env, signal }),
    ...(environment.cacheMode && { mode: environment.cacheMode }),
    maxSize: cacheMounts.maxSize,
    machine: platform.replaceAll('/', '-'),
  };
}
