import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Stage, inputVariable, readActionManifest } from './runner/action-metadata.js';
import { LESS_GC } from './processes.js';
import type { PodAccount } from './fake-cluster/cluster.js';
import { inPod } from './fake-cluster/in-pod.js';
import { parseCommandFile } from './runner/command-files.js';
import { COMMAND_FILES, type JobFolders, type RunIdentity, runnerEnvironment } from './runner/environment.js';
import type { RunEvent } from './runner/environment.js';
import { type StageEnd, endOrphans, runStage } from './runner/stage-process.js';
import { type Annotation, StepLog } from './runner/workflow-commands.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SUMMARY_LIMIT = 1024 * 1024;

export interface ActionRun {
  /** The checkout; also the working directory. */
  workspace: string;
  event: RunEvent;
  /** As under `with:`. Defaults come from action.yml. */
  inputs?: Record<string, string>;
  /** `owner/name`; default `acme/app`. */
  repository?: string;
  /** Further variables, such as DOCKER_HOST or those of the Actions cache. PATH is this process's. */
  env?: Record<string, string>;
  /** GITHUB_TOKEN, masked in the log; default a marker. */
  token?: string;
  /** Values that the workflow takes from its secrets: masked in the log. */
  secrets?: string[];
  actor?: string;
  runId?: string;
  runNumber?: number;
  runAttempt?: number;
  /** Of a fake GitHub. */
  urls?: RunIdentity['urls'];
  /** Folder with action.yml; default this repository. */
  action?: string;
  /** Path of a node program; default the one that runs the tests. */
  node?: string;
  /** Aborting it cancels the run as a person does on the run's page. */
  cancel?: AbortSignal;
  /** For a job of which main leaves nothing to post: that stage costs a process and shows nothing. */
  withoutPost?: boolean;
  /** Called with each line of the log, masked. */
  onLog?: (line: string) => void;
}

export interface StageResult extends Omit<StageEnd, 'stdout' | 'stderr'> {
  /** As the process wrote it, with commands and without masking: never what a person sees. */
  stdout: string;
  stderr: string;
  /** What the run's page shows. */
  log: string;
  outputs: Record<string, string>;
  /** Outputs that other jobs don't get because they contain a masked value. */
  withheldOutputs: string[];
  state: Record<string, string>;
  env: Record<string, string>;
  /** As written; the runner masks it before it shows it. */
  summary: string;
  masks: string[];
  annotations: Annotation[];
  /** Command lines of processes that were still running at the end. */
  orphans: string[];
}

export interface JobResult {
  main: StageResult;
  /** Undefined when the action has no post stage, or the job goes without. */
  post?: StageResult;
  /** Paths of what was left in RUNNER_TEMP, the temporary folder and the home folder at the end. */
  leftovers: string[];
}

/** Runs the action's stages in one job as the runner does: pre, main, and post whatever became of main. */
export async function runJob(run: ActionRun): Promise<JobResult> {
  const action = run.action ?? ROOT;
  const manifest = await readActionManifest(action);
  const base = await mkdtemp(join(tmpdir(), 'job-'));
  try {
    const folders = await makeFolders(base, action, run.workspace);
    const state: Record<string, string> = {};
    const carried: Record<string, string> = {};
    const results: Partial<Record<Stage, StageResult>> = {};
    for (const stage of ['pre', 'main', 'post'] as const) {
      if (manifest.entry(stage) === undefined || (stage === 'post' && run.withoutPost)) continue;
      // A cancelled job still runs its post stage, with time of its own.
      const cancel = stage === 'post' ? undefined : run.cancel;
      const result = await runActionStage({ ...run, cancel }, stage, { folders, state, env: carried });
      results[stage] = result;
      Object.assign(state, result.state);
      Object.assign(carried, result.env);
    }
    if (results.main === undefined) throw new Error('action.yml has no runs.main.');
    return { main: results.main, post: results.post, leftovers: await listLeftovers(folders) };
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

/** Runs one stage alone. */
export async function runAction(
  run: ActionRun & { stage?: Stage; state?: Record<string, string> },
): Promise<StageResult> {
  const base = await mkdtemp(join(tmpdir(), 'job-'));
  try {
    const folders = await makeFolders(base, run.action ?? ROOT, run.workspace);
    return await runActionStage(run, run.stage ?? 'main', { folders, state: run.state ?? {}, env: {} });
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

interface JobState {
  folders: JobFolders;
  state: Record<string, string>;
  env: Record<string, string>;
}

async function runActionStage(run: ActionRun, stage: Stage, job: JobState): Promise<StageResult> {
  const { folders } = job;
  const manifest = await readActionManifest(folders.action);
  const entry = manifest.entry(stage);
  if (entry === undefined) throw new Error(`action.yml has no runs.${stage}.`);
  const token = run.token ?? 'ghs_lab0token0marker';
  const given = run.inputs ?? {};
  const inputs = manifest.inputs(given, { token, actor: run.actor ?? 'octocat' });
  const trackingId = `github_${randomUUID()}`;
  const files = await makeCommandFiles(folders, run.event.payload);
  const log = new StepLog([token, ...(run.secrets ?? [])]);
  for (const warning of manifest.warnings(given)) log.read(`::warning::${warning}`);
  const end = await runStage({
    program: run.node ?? process.execPath,
    args: [join(folders.action, entry)],
    cwd: folders.workspace,
    env: {
      PATH: process.env.PATH ?? '',
      ...LESS_GC,
      ...runnerEnvironment(identityOf(run), folders),
      RUNNER_TRACKING_ID: trackingId,
      ...job.env,
      ...run.env,
      ...Object.fromEntries([...inputs].map(([name, value]) => [inputVariable(name), value])),
      ...Object.fromEntries(Object.entries(job.state).map(([name, value]) => [`STATE_${name}`, value])),
      ...files,
    },
    cancel: run.cancel,
    onLine: (line) => {
      const shown = log.read(line);
      if (shown !== undefined) run.onLog?.(shown);
    },
  });
  return { ...end, ...(await readResult(files, log)), orphans: await endOrphans(trackingId) };
}

function identityOf(run: ActionRun): RunIdentity {
  return {
    repository: run.repository ?? 'acme/app',
    event: run.event,
    actor: run.actor ?? 'octocat',
    runId: run.runId ?? '7000000001',
    runNumber: run.runNumber ?? 1,
    runAttempt: run.runAttempt ?? 1,
    urls: run.urls,
  };
}

async function makeFolders(base: string, action: string, workspace: string): Promise<JobFolders> {
  const inBase = {
    temp: '_temp',
    tmp: 'tmp',
    home: 'home',
    commands: '_runner_file_commands',
    toolCache: '_tool',
  };
  const paths = Object.fromEntries(Object.entries(inBase).map(([key, name]) => [key, join(base, name)]));
  for (const path of Object.values(paths)) await mkdir(path);
  return { workspace, action, ...(paths as Record<keyof typeof inBase, string>) };
}

type CommandFiles = Record<keyof typeof COMMAND_FILES, string>;

/** Fresh files for each stage, so that each stage's result is its own. */
async function makeCommandFiles({ commands }: JobFolders, payload: object): Promise<CommandFiles> {
  await writeFile(join(commands, 'event.json'), JSON.stringify(payload, null, 2));
  const files: Record<string, string> = {};
  for (const [variable, name] of Object.entries(COMMAND_FILES)) {
    files[variable] = join(commands, `${randomUUID()}-${name}`);
    await writeFile(files[variable], '');
  }
  return files as CommandFiles;
}

async function readResult(files: CommandFiles, log: StepLog) {
  const read = (variable: keyof CommandFiles) => readFile(files[variable], 'utf8');
  const outputs = parseCommandFile(await read('GITHUB_OUTPUT'));
  const summary = await read('GITHUB_STEP_SUMMARY');
  const tooLarge = Buffer.byteLength(summary) > SUMMARY_LIMIT;
  if (tooLarge) {
    log.read(`::error::$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k`);
  }
  return {
    outputs,
    withheldOutputs: Object.keys(outputs).filter((name) => log.containsMasked(outputs[name] ?? '')),
    state: parseCommandFile(await read('GITHUB_STATE')),
    env: parseCommandFile(await read('GITHUB_ENV')),
    summary: tooLarge ? '' : summary,
    masks: log.masks,
    annotations: log.annotations,
    log: log.lines.join('\n'),
  };
}

async function listLeftovers({ temp, tmp, home }: JobFolders): Promise<string[]> {
  const lists = await Promise.all(
    [temp, tmp, home].map(async (folder) =>
      (await readdir(folder, { recursive: true })).map((name) => join(folder, name)),
    ),
  );
  return lists.flat();
}

/** Runs the bundled CLI in a clean environment. */
export async function runCli(options: {
  args: readonly string[];
  cwd: string;
  env?: Record<string, string>;
  input?: string;
  node?: string;
  /** It runs in a pod that has this service account. */
  pod?: PodAccount;
  /** Aborting it sends SIGINT, as Ctrl-C does. */
  cancel?: AbortSignal;
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}): Promise<StageEnd> {
  const home = await mkdtemp(join(tmpdir(), 'cli-'));
  try {
    const node = options.node ?? process.execPath;
    const command = [join(ROOT, 'dist/cli/index.js'), ...options.args];
    const [program, args] = options.pod ? inPod(options.pod, node, command) : [node, command];
    return await runStage({
      ...{ program, args },
      cwd: options.cwd,
      env: {
        PATH: process.env.PATH ?? '',
        ...LESS_GC,
        HOME: home,
        TMPDIR: home,
        ...options.pod?.env,
        ...options.env,
      },
      input: options.input,
      cancel: options.cancel,
      onLine: options.onLine,
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
