import type { Config } from '../config/config.js';
import { diagnose, type Project } from '../doctor.js';
import { probeCheckout } from '../facts/build-files-checkout.js';
import { sourceFromGit } from '../facts/git-source.js';
import { ReleaseError } from '../lib/errors.js';
import { run } from '../lib/process.js';
import { planRelease } from '../plan/plan-release.js';
import type { ReleaseRequest } from '../plan/plan.js';
import { doctorAsJson, exitCodeOfDoctor, renderDoctor } from '../report/doctor.js';
import type { Dependencies } from '../dependencies.js';
import type { CommandResult } from './deployments.js';

/** What the command line gives the doctor. */
export interface DoctorSetting {
  directory: string;
  env: NodeJS.ProcessEnv;
  uid: number | undefined;
  /** @throws ReleaseError when the configuration can't be read, or this is no checkout */
  inWorld(work: DoctorsWork): Promise<CommandResult>;
}

export type DoctorsWork = (
  deps: Dependencies,
  config: Config,
  order: { request: ReleaseRequest },
) => Promise<CommandResult>;

/** Looks at what there is to build with, with or without a configuration, and tells it. */
export async function consult(setting: DoctorSetting): Promise<CommandResult> {
  let reached = false;
  try {
    return await setting.inWorld(async (deps, config, { request }) => {
      reached = true;
      const facts = await deps.probe();
      const { plan } = planRelease(config, facts, request);
      const checkPush = () => deps.check({ ...plan, deploy: [] }, [], { type: 'release', order: request.order });
      return tell(setting, {
        project: { status: 'loaded', config, plan, checkPush },
        ...placeOf(facts.source),
        workflows: facts.checkout.workflows,
        uncommitted: facts.uncommitted,
        signal: deps.signal,
      });
    });
  } catch (error) {
    if (reached || !(error instanceof ReleaseError)) throw error;
    return tell(setting, {
      project: { status: 'broken', problems: error.problems },
      ...(await checkoutAt(setting)),
    });
  }
}

async function tell(
  { env, uid, directory }: DoctorSetting,
  known: Omit<Parameters<typeof diagnose>[0], 'env' | 'uid' | 'run' | 'root'> & { project: Project },
): Promise<CommandResult> {
  const diagnosis = await diagnose({ ...known, env, uid, run, root: directory });
  return {
    to: 'stdout',
    exitCode: exitCodeOfDoctor(diagnosis),
    text: (style) => renderDoctor(diagnosis, style),
    json: doctorAsJson(diagnosis),
  };
}

/** What the checkout says without its configuration. */
async function checkoutAt({ directory, env }: DoctorSetting) {
  try {
    const git = await sourceFromGit({ cwd: directory, env, now: 0 });
    const { workflows } = probeCheckout(git.root);
    return { ...placeOf(git.source), workflows, uncommitted: git.uncommitted };
  } catch (error) {
    if (error instanceof ReleaseError) return { workflows: [], uncommitted: [] };
    throw error;
  }
}

function placeOf({ repository, url }: { repository?: string; url?: string }) {
  if (repository === undefined || url === undefined) return {};
  return { repository, forgeHost: new URL(url).host };
}
