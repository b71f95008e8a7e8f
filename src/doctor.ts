import { checkBuilders, findBuilder, type ChoiceInputs } from './builders/builder-choice.js';
import { needsOf, type BuildNeeds } from './builders/buildx/buildx-builder.js';
import type { BuilderChoice } from './config/builder-settings.js';
import type { Config } from './config/config.js';
import { createBuildProbes, type BuildFacts, type BuildProbes } from './facts/build-facts.js';
import type { TextFile } from './facts/build-files-checkout.js';
import { probeMachine } from './facts/machine.js';
import type { Problem } from './lib/errors.js';
import type { run as runProcess } from './lib/process.js';
import type { Plan } from './plan/plan.js';
import type { Decided, Diagnosis } from './report/doctor.js';

/** Facts that are known before any probe. */
export interface Consultation {
  env: NodeJS.ProcessEnv;
  run: typeof runProcess;
  signal?: AbortSignal;
  uid: number | undefined;
  /** Folder of the checkout. */
  root: string;
  /** `owner/name` and host of the forge that the checkout comes from. */
  repository?: string;
  forgeHost?: string;
  workflows: readonly TextFile[];
  uncommitted: readonly string[];
  project: Project;
}

/** The configuration and what it would release; `broken`: it can't be used, or this is no checkout. */
export type Project =
  | { status: 'loaded'; config: Config; plan: Plan; checkPush(): Promise<Problem[]> }
  | { status: 'broken'; problems: readonly Problem[] };

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

const ANY: BuilderChoice = { type: 'auto', settings: [] };

/** Finds out what there is to build with, judges every builder, and says what would be taken. Changes nothing. */
export async function diagnose(consultation: Consultation): Promise<Diagnosis> {
  const { env, project } = consultation;
  const choice = project.status === 'loaded' ? project.config.builder : ANY;
  const machine = probeMachine({ env, uid: consultation.uid });
  const { settings } = choice;
  const probes = createBuildProbes({ ...consultation, machine, settings });
  const [facts, pushable] = await Promise.all([
    ask(machine, probes),
    project.status === 'loaded' ? project.checkPush() : [],
  ]);
  const inputs: ChoiceInputs = {
    choice: { type: 'auto', settings },
    facts,
    needs: project.status === 'loaded' ? needsOf(project.plan) : USUAL_NEEDS,
    workflows: consultation.workflows,
    uncommitted: consultation.uncommitted,
    kanikoUnsupported: [],
    failed: [],
  };
  const decide = async (asked: ChoiceInputs): Promise<Decided> => (await findBuilder(asked, probes)).decision;
  return {
    facts,
    project: toldOf(project, choice),
    ...(project.status === 'loaded' && {
      registry: { images: project.plan.images.map(({ image }) => image), problems: pushable },
    }),
    builders: await checkBuilders(inputs, probes),
    auto: await decide(inputs),
    ...(choice.type === 'listed' && { configured: await decide({ ...inputs, choice }) }),
  };
}

async function ask(machine: BuildFacts['machine'], probes: BuildProbes): Promise<BuildFacts> {
  const [docker, storage, builders, endpoints, cluster, forge] = await Promise.all([
    probes.docker(),
    probes.storage(),
    probes.builders(),
    probes.endpoints(),
    probes.cluster(),
    probes.forge(),
  ]);
  return { machine, docker, storage, builders, endpoints, cluster, forge };
}

function toldOf(project: Project, { type, settings }: BuilderChoice): Diagnosis['project'] {
  if (project.status === 'broken') return project;
  const builder = type === 'auto' ? type : settings.map((each) => each.type).join(', ');
  return { status: 'loaded', origin: project.config.origin, builder };
}
