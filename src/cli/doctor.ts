import { checkBuilders, findBuilder, type ChoiceInputs } from '../builders/builder-choice.js';
import { needsOf, type BuildNeeds } from '../builders/buildx/buildx-builder.js';
import type { BuilderChoice } from '../config/builder-settings.js';
import type { Config } from '../config/config.js';
import { createBuildProbes } from '../facts/build-facts.js';
import { probeCheckout } from '../facts/build-files-checkout.js';
import type { Facts } from '../facts/facts.js';
import { sourceFromGit } from '../facts/git-source.js';
import { probeMachine } from '../facts/machine.js';
import { ReleaseError, type Problem } from '../lib/errors.js';
import { clusterProblems } from '../kubernetes/rights.js';
import { run } from '../lib/process.js';
import { planRelease } from '../plan/plan-release.js';
import type { Plan } from '../plan/plan.js';
import { doctorAsJson, exitCodeOfDoctor, renderDoctor, type Diagnosis } from '../report/doctor.js';
import { shown, type CommandResult, type Work } from './deployments.js';

interface DoctorSetting {
  directory: string;
  env: NodeJS.ProcessEnv;
  uid: number | undefined;
  /** @throws ReleaseError when the configuration can't be read, or this is no checkout */
  inSession(work: (session: Work) => Promise<CommandResult>): Promise<CommandResult>;
}

/** What the checkout says without its configuration. */
interface CheckoutFacts extends Pick<Facts, 'uncommitted'> {
  source: Pick<Facts['source'], 'repository' | 'url'>;
  checkout: Pick<Facts['checkout'], 'workflows'>;
}

/** The configuration and what it would release; `broken`: it can't be used, or this is no checkout. */
type Project =
  | { status: 'loaded'; config: Config; plan: Plan; checkPush(): Promise<Problem[]>; signal: AbortSignal }
  | { status: 'broken'; problems: readonly Problem[] };

/** Looks at what there is to build with, with or without a configuration, and reports it. Changes nothing. */
export async function consult(setting: DoctorSetting): Promise<CommandResult> {
  let reached = false;
  try {
    return await setting.inSession(async ({ deps, config, order: { request } }) => {
      reached = true;
      const facts = await deps.probe();
      const { plan } = planRelease(config, facts, request);
      const checkPush = () => deps.check({ ...plan, deploy: [] }, [], { type: 'release', order: request.order });
      const { signal } = deps;
      return resultOf(setting, facts, { status: 'loaded', config, plan, checkPush, signal });
    });
  } catch (error) {
    if (reached || !(error instanceof ReleaseError)) throw error;
    return resultOf(setting, await checkoutAt(setting), { status: 'broken', problems: error.problems });
  }
}

async function resultOf(setting: DoctorSetting, checkout: CheckoutFacts, project: Project): Promise<CommandResult> {
  const diagnosis = await diagnose(setting, checkout, project);
  return shown(exitCodeOfDoctor(diagnosis), (style) => renderDoctor(diagnosis, style), doctorAsJson(diagnosis));
}

async function checkoutAt({ directory, env }: DoctorSetting): Promise<CheckoutFacts> {
  try {
    const { root, source, uncommitted } = await sourceFromGit({ cwd: directory, env, now: 0 });
    return { source, checkout: probeCheckout(root), uncommitted };
  } catch (error) {
    if (error instanceof ReleaseError) return { source: {}, checkout: { workflows: [] }, uncommitted: [] };
    throw error;
  }
}

/** Of a release with nothing special, where no configuration says more. */
const USUAL_NEEDS: BuildNeeds = {
  push: true,
  byDigest: false,
  attestations: true,
  platforms: [],
  manyPlatforms: false,
  cacheExport: false,
  loopbackRegistry: false,
};

/** Finds out what there is to build with, judges every builder, and says what would be taken. */
async function diagnose(
  { env, uid, directory }: DoctorSetting,
  { source: { repository, url }, checkout: { workflows }, uncommitted }: CheckoutFacts,
  project: Project,
): Promise<Diagnosis> {
  const loaded = project.status === 'loaded' ? project : undefined;
  const choice: BuilderChoice = loaded?.config.builder ?? { type: 'auto', settings: [] };
  const { settings } = choice;
  const machine = probeMachine({ env, uid });
  const probes = createBuildProbes({
    ...{ machine, env, run, settings, root: directory },
    ...(loaded && { signal: loaded.signal }),
    ...(loaded && loaded.config.deploy.length > 0 && { alsoFor: 'live' as const }),
    ...(repository !== undefined && url !== undefined && { repository, forgeHost: new URL(url).host }),
  });
  const [docker, storage, builders, endpoints, cluster, forge, problems = []] = await Promise.all([
    ...([probes.docker(), probes.storage(), probes.builders(), probes.endpoints()] as const),
    ...([probes.cluster(), probes.forge(), loaded?.checkPush()] as const),
  ]);
  const inputs: ChoiceInputs = {
    choice: { type: 'auto', settings },
    facts: { machine, docker, storage, builders, endpoints, cluster, forge },
    needs: loaded ? needsOf(loaded.plan) : USUAL_NEEDS,
    ...{ workflows, uncommitted, kanikoUnsupported: [], failed: [] },
  };
  const decide = async (asked: ChoiceInputs) => (await findBuilder(asked, probes)).decision;
  const builder = choice.type === 'auto' ? 'auto' : settings.map((each) => each.type).join(', ');
  return {
    facts: { machine, docker, storage, builders, endpoints, cluster, forge },
    project: project.status === 'broken' ? project : { status: 'loaded', origin: project.config.origin, builder },
    ...(loaded && { registry: { images: loaded.plan.images.map(({ image }) => image), problems } }),
    ...(loaded && loaded.config.deploy.length > 0 && { live: clusterProblems(cluster, ['live']) }),
    builders: await checkBuilders(inputs, probes),
    auto: await decide(inputs),
    ...(choice.type === 'listed' && { configured: await decide({ ...inputs, choice }) }),
  };
}
