import { realpath } from 'node:fs/promises';
import { relative } from 'node:path';
import { findConfig, type ConfigSource } from '../config/find.js';
import { loadConfig } from '../config/load.js';
import { repositoryFromGit, type GitRepository } from '../facts/git-source.js';
import { failure, ReleaseError, throwProblems, type Problem } from '../lib/errors.js';
import type { ReleaseRunRequest } from '../dependencies.js';
import { initAsJson, renderInit, renderNextSteps, type InitReport, configuredAsJson } from '../report/init.js';
import { problemsIn, type Report } from '../report/report.js';
import { renderPlan, type Style } from '../report/terminal.js';
import { readWorkflows } from '../init/workflows/read-workflows.js';
import type { Found } from '../init/found.js';
import { CONFIG_FILE, propose, type Proposal } from '../init/propose.js';
import { readRepository } from '../init/read-repository.js';
import { wrapperScripts } from '../templates/wrapper-scripts.js';
import { writeFiles } from '../templates/write-files.js';
import type { CommandInvocation } from './arguments.js';
import { refuseArguments } from './request.js';

export interface InitSetting {
  directory: string;
  env: NodeJS.ProcessEnv;
  config: ConfigSource;
  style: Style;
  write(text: string): void;
  /** Undefined: nobody is at a terminal. */
  ask?: (question: string) => Promise<'yes' | 'no'>;
  /** What a release with this configuration would do, asked of this machine alone. */
  plan(config: ConfigSource, until: Pick<ReleaseRunRequest, 'until' | 'compare'>): Promise<Report>;
  /** Writes the scripts of a repository that has its configuration. */
  writeScripts(): Promise<string>;
}

/**
 * Proposes configuration and workflow, shows them with the plan of a release, and writes them when somebody agrees.
 * @returns the exit code
 * @throws ReleaseError `scaffold/*`, and what is wrong with the proposal; then nothing was written
 */
export async function initialise(invocation: CommandInvocation, setting: InitSetting): Promise<number> {
  refuseArguments(invocation);
  const { options } = invocation;
  const git = await repositoryFromGit({ cwd: setting.directory, env: setting.env });
  if (await isConfigured(setting.config, git.root)) {
    setting.write(
      options.has('scripts') ? await setting.writeScripts() : await renderConfigured(setting, options.has('json')),
    );
    return 0;
  }
  const repository = readRepository(git);
  const registry = options.text('registry');
  const wishes = registry === undefined ? {} : { registry };
  const found = readWorkflows(repository);
  const report = await examine(propose(repository, found, wishes), git, setting).catch((error: unknown) => {
    if (!(error instanceof ReleaseError) || found.bakes.length === 0 || error.code !== 'config/bake-invalid')
      throw error;
    return examine(propose(repository, withoutBakes(found, error), wishes), git, setting);
  });
  const { proposal } = report;
  const files = options.has('scripts')
    ? [...report.files, ...wrapperScripts(proposal.draft.images.map(({ key }) => key))]
    : report.files;
  const whole = { ...report, files };

  const json = options.has('json');
  if (!json) setting.write(`${renderInit(whole, setting.style)}\n`);
  const agreed = options.has('dry-run') ? 'no' : options.has('yes') ? 'yes' : await askFor(files.length, setting, json);
  if (agreed === 'yes') await writeFiles(files, { root: git.root, existing: 'keep', mode: 'write' });
  if (json) setting.write(`${JSON.stringify(initAsJson(whole, agreed === 'yes' ? 'written' : 'proposed'), null, 2)}\n`);
  else setting.write(agreed === 'yes' ? renderNextSteps(whole, setting.style) : 'Nothing was written.\n');
  return 0;
}

/** A file that bake can't read is one item of the list, and the images come from the Dockerfiles. */
function withoutBakes(found: Found, { message }: ReleaseError): Found {
  const left = found.bakes.map(({ place, files }) => ({
    ...{ place, what: `bake can't read ${files.join(', ')}: ${message.split('\n')[0]}`, isUnread: true },
    advice: 'Correct it and run `image-release init` again, or compare the proposal with it.',
  }));
  return { ...found, bakes: [], left: [...found.left, ...left] };
}

async function isConfigured(wish: ConfigSource, root: string): Promise<boolean> {
  if (wish.from !== 'repository') return true;
  try {
    await findConfig(wish, root);
    return true;
  } catch (error) {
    if (error instanceof ReleaseError && error.code === 'config/missing') return false;
    throw error;
  }
}

async function renderConfigured({ config, plan, style }: InitSetting, json: boolean): Promise<string> {
  const report = await plan(config, { until: 'plan', compare: 'offline' });
  const problems = problemsIn(report);
  throwProblems(problems);
  if (json) return `${JSON.stringify(configuredAsJson(report), null, 2)}\n`;
  const intro = style.fit('This repository has a configuration, so there is nothing to propose. Its plan:', 0);
  return `${intro}\n\n${renderPlan(report, style)}`;
}

/** Runs the planner over the proposal: what doesn't load or plan is never written. */
async function examine(
  proposal: Proposal,
  git: GitRepository,
  { plan: planWith, directory }: InitSetting,
): Promise<InitReport> {
  const { config, workflow } = proposal;
  const files = [config, ...(workflow === undefined ? [] : [workflow])];
  const checkout = { ...git, folder: relative(git.root, await realpath(directory)) };
  const lacks = [
    ...(git.commits === 'none' ? (['commit'] as const) : []),
    ...(git.remote === undefined ? (['remote'] as const) : []),
  ];
  if (git.commits === 'none') {
    loadConfig({ text: config.text, origin: CONFIG_FILE });
    return { proposal, files, problems: [], lacks, checkout };
  }
  const wish = { from: 'text', text: config.text, origin: CONFIG_FILE } as const;
  const plan = await planWith(wish, { until: 'plan', compare: 'offline' });
  const problems = problemsIn(plan).filter((problem) => !isGivenByWorkflow(problem, plan, proposal));
  // What is wrong with Dockerfiles and lockfiles stops a release, and says nothing against the configuration.
  throwProblems(problems.filter((problem) => !problem.code.startsWith('preflight/')));
  return { proposal, files, plan, problems, lacks, checkout };
}

/** A build secret that nobody has here, and that the proposed workflow hands on. */
function isGivenByWorkflow({ code, image }: Problem, { plan }: Report, { draft, workflow }: Proposal): boolean {
  if (code !== 'preflight/missing-secret' || workflow === undefined) return false;
  const secrets = plan?.images.find(({ key }) => key === image)?.secrets ?? [];
  return secrets.length > 0 && secrets.every((from) => 'env' in from && from.env in draft.environment);
}

/** @throws ReleaseError `scaffold/not-confirmed` */
async function askFor(count: number, { ask }: InitSetting, json: boolean): Promise<'yes' | 'no'> {
  if (ask !== undefined && !json) return ask(`Write ${count === 1 ? 'this file' : 'these files'}? [y/N]`);
  throw failure({
    code: 'scaffold/not-confirmed',
    message: 'Nothing was written: there is no terminal to ask at.',
  });
}
