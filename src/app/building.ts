import {
  findBuilder,
  isElsewhere,
  tookOver,
  withoutFailed,
  type ChoiceQuestion,
  type ChosenBuilder,
  type FoundBuilder,
} from '../builders/builder-choice.js';
import type { BuildOrder } from '../builders/builder.js';
import type { BuildResult } from '../builders/built.js';
import { needsOf } from '../builders/buildx/buildx-builder.js';
import { buildImages } from '../builders/buildx/buildx.js';
import { checkDockerfiles } from '../builders/buildx/dockerfile-checks.js';
import { checkKaniko } from '../builders/kaniko/prepare.js';
import { connectBuilderPods } from '../kubernetes/builder-pods.js';
import { connectKubectl } from '../kubernetes/kubectl.js';
import { clusterProblems } from '../kubernetes/rights.js';
import { settingsFor } from '../config/builder-settings.js';
import type { Config } from '../config/config.js';
import { createBuildProbes, type BuildProbes } from '../facts/build-facts.js';
import { probeCheckout } from '../facts/build-files-checkout.js';
import type { ForgeFacts } from '../facts/forge-access.js';
import { probeMachine } from '../facts/machine.js';
import type { BaseImages } from '../dockerfile/description.js';
import { ReleaseError, type Problem } from '../lib/errors.js';
import { run } from '../lib/process.js';
import type { Plan } from '../plan/plan.js';
import type { RegistryClient } from '../registry/client.js';
import type { CredentialLookup } from '../registry/credentials.js';
import { connectCacheMounts } from './cache-mounts.js';
import { connectDispatch } from './dispatch.js';
import { kanikoBuilder } from './kaniko.js';
import type { Setting } from './run-context.js';

/** What building needs of the world that it runs in. */
export interface BuildSurroundings {
  setting: Setting;
  config: Config;
  /** Of docker and what it starts, with the folder of registry logins. */
  env: NodeJS.ProcessEnv;
  /** For temporary files: removed with the run, also if it is killed. */
  folder: string;
  client: RegistryClient;
  findLogin: CredentialLookup;
  /** Base images as they were described last. */
  bases(): BaseImages;
}

/** Finds the builder, asks it what stands against the plan, and builds with it. */
export function createBuilding(surroundings: BuildSurroundings) {
  const { setting, config, env } = surroundings;
  let probes: BuildProbes | undefined;

  return {
    async find(plan: Plan): Promise<FoundBuilder> {
      const question = await questionOf(plan, surroundings);
      probes ??= probesOf(question, surroundings);
      return findBuilder(question, probes);
    },

    isElsewhere,

    async check(plan: Plan, { decision }: FoundBuilder): Promise<readonly Problem[]> {
      if (decision.status === 'impossible') return decision.problems;
      const { builder, warnings } = decision;
      switch (builder.type) {
        case 'kaniko':
        case 'dispatch':
          return warnings;
        case 'buildx':
        case 'remote':
        case 'kubernetes': {
          const { root, signal, redact } = setting;
          const asked = { plan, builder: builder.builder, abilities: builder.abilities };
          return [...warnings, ...(await checkDockerfiles({ ...asked, root, env, signal, redact }))];
        }
      }
    },

    async build(plan: Plan, found: FoundBuilder): Promise<BuildResult> {
      const { root, signal, onProgress, say, redact } = setting;
      const bases = surroundings.bases();
      const order: BuildOrder = {
        plan,
        root,
        env,
        temp: surroundings.folder,
        signal,
        onProgress,
        say,
        redact,
        bases,
      };
      const warnings: Problem[] = [];
      let { decision, question } = found;
      for (;;) {
        if (decision.status === 'impossible') throw new ReleaseError(decision.problems);
        say(decision.sentence);
        try {
          const built = await buildWith(decision.builder, order, question.facts.forge);
          return { ...built, warnings: [...warnings, ...(built.warnings ?? [])] };
        } catch (error) {
          if (!(error instanceof ReleaseError) || probes === undefined) throw error;
          const others = withoutFailed(question, decision.id, error.problems);
          if (others === undefined) throw error;
          const next = await findBuilder(others, probes);
          if (next.decision.status !== 'chosen') throw error;
          const [failed] = error.problems;
          warnings.push(tookOver(failed, next.decision));
          ({ decision, question } = next);
        }
      }
    },
  };

  async function buildWith(
    builder: ChosenBuilder,
    order: BuildOrder,
    forge: ForgeFacts | undefined,
  ): Promise<BuildResult> {
    switch (builder.type) {
      case 'kaniko':
        return kanikoBuilder({ ...surroundings, settings: builder.settings })(order);
      case 'dispatch':
        return connectDispatch({ setting, settings: builder.settings, forge })(order);
      case 'buildx':
      case 'remote':
      case 'kubernetes': {
        return buildImages({
          ...order,
          builder: builder.builder,
          abilities: builder.abilities,
          cacheMounts: connectCacheMounts(setting, config),
          onBuilder: (mark) => setting.onLeftover({ builder: mark }),
          pods: connectBuilderPods((namespace) => connectKubectl({ env, run, namespace })),
        });
      }
    }
  }
}

async function questionOf(plan: Plan, { setting, config, env }: BuildSurroundings): Promise<ChoiceQuestion> {
  const kaniko = settingsFor(config.builder.settings, 'kaniko') ?? { type: 'kaniko' };
  return {
    choice: config.builder,
    facts: { machine: probeMachine({ env, uid: setting.uid }) },
    needs: needsOf(plan),
    workflows: probeCheckout(setting.root).workflows,
    uncommitted: setting.uncommitted,
    kanikoUnsupported: await checkKaniko(plan, setting.root, kaniko),
    clusterProblems,
    failed: [],
  };
}

function probesOf({ facts }: ChoiceQuestion, { setting, config, env }: BuildSurroundings): BuildProbes {
  const { signal, root } = setting;
  const { repository, url } = setting.source;
  return createBuildProbes({
    machine: facts.machine,
    ...{ env, run, signal, root, repository },
    ...(url !== undefined && { forgeHost: new URL(url).host }),
    settings: config.builder.settings,
    trial: 'needed',
  });
}
