import { realpathSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { relative, resolve } from 'node:path';
import { parseArguments, type CommandInvocation } from './cli/arguments.js';
import { askToCancel, confirm } from './cli/ask.js';
import {
  DEPLOYMENT_COMMANDS,
  failedResult,
  type AskForChange,
  type CommandResult,
  type Work,
} from './cli/deployments.js';
import { displayMode, openDisplay, withSpinner, writeEvent, type Display } from './cli/display.js';
import { readRequest, readRollouts, refuseArguments, type CliRequest } from './cli/request.js';
import { runSet } from './cli/set.js';
import { checkColor, styleOf } from './cli/style.js';
import type { ScaffoldCommand } from './cli/templates.js';
import { overrideChoice } from './config/builder-settings.js';
import type { Config } from './config/config.js';
import { findConfig, type ConfigSource } from './config/find.js';
import { loadConfig } from './config/load.js';
import { loadBakeImages } from './facts/bake-file.js';
import { readBuildSecrets } from './facts/build-files.js';
import { sourceFromGit } from './facts/git-source.js';
import { nativePlatform } from './facts/machine.js';
import { surviveBrokenPipes } from './lib/broken-pipe.js';
import { cancelOnSignals } from './lib/cancel.js';
import type { Problem } from './lib/errors.js';
import { childEnvironment, run } from './lib/process.js';
import { cleanStrings, redactor, type Secret } from './lib/secret.js';
import { promote } from './promote.js';
import { release, rollOut } from './release.js';
import type { ReleaseRunRequest } from './dependencies.js';
import { explain, renderExplanation } from './report/explain.js';
import { exitCodeOf, failedReport, problemsIn, type Report } from './report/report.js';
import { planAsJson, reportAsJson } from './report/outputs.js';
import { renderHeadline, renderPlan, renderReport, renderTargets, type Style } from './report/terminal.js';

/** The running configuration of a command, with the warnings found while reading it. */
interface Session extends Work {
  order: CliRequest & Pick<ReleaseRunRequest, 'notices'>;
}

const given = process.env;
/** Without the tokens and passwords of this program, which child processes must not inherit. */
const env = childEnvironment(given);
const secrets: Secret[] = [];
const redact = (text: string) => redactor(secrets)(text);

async function main(): Promise<number> {
  const invocation = parseArguments(process.argv.slice(2));
  // start.ts has answered the others.
  if (invocation.type !== 'command') return 0;
  const { command, options } = invocation;
  checkColor(options.text('color'));
  const directory = resolve(options.text('directory') ?? '.');
  if (command === 'schema') {
    refuseArguments(invocation);
    const { imageReleaseJsonSchema } = await import('./config/schema.js');
    process.stdout.write(`${JSON.stringify(imageReleaseJsonSchema(), null, 2)}\n`);
    return 0;
  }
  if (command === 'completion') {
    const { completionScript } = await import('./cli/completion.js');
    process.stdout.write(completionScript(invocation.words));
    return 0;
  }
  if (command === 'set') return runSet(invocation, directory, (text) => process.stdout.write(text));
  if (command === 'init') return runInit(invocation, directory);
  if (command === 'kaniko') {
    process.stdout.write(await writeTemplates(command, invocation, directory));
    return 0;
  }
  if (command === 'doctor') return runDoctor(invocation, directory);
  if (command === 'status' || command === 'verify' || command === 'rollback' || command === 'cleanup') {
    const work = DEPLOYMENT_COMMANDS[command](invocation);
    return printResult(invocation, inSession(invocation, directory, work));
  }
  const report = await runRelease(invocation, directory);
  await printReport(invocation, report);
  return exitCodeOf(report);
}

async function writeTemplates(command: ScaffoldCommand, invocation: CommandInvocation, directory: string) {
  const { scaffold } = await import('./cli/templates.js');
  const { config, git } = await loadProject(readRequest(invocation, given), directory);
  return scaffold(command, invocation, config, git);
}

async function runInit(invocation: CommandInvocation, directory: string): Promise<number> {
  const { initialise } = await import('./cli/init.js');
  return initialise(invocation, {
    directory,
    env,
    config: readRequest(invocation, given).config,
    style: await styleFor(invocation, process.stdout),
    write: (text) => process.stdout.write(redact(text)),
    ...(process.stdin.isTTY && process.stdout.isTTY && { ask: confirm }),
    plan: (wish, depth) =>
      inSession(
        invocation,
        directory,
        ({ deps, config, order: { request, notices } }) => release({ config, request, notices, ...depth }, deps),
        wish,
      ),
    writeScripts: () => writeTemplates('init', invocation, directory),
  });
}

async function runDoctor(invocation: CommandInvocation, directory: string): Promise<number> {
  const { consult } = await import('./cli/doctor.js');
  refuseArguments(invocation);
  const uid = process.getuid?.();
  const diagnosis = () => consult({ directory, env, uid, inSession: (work) => inSession(invocation, directory, work) });
  const isLive = displayModeOf(invocation) === 'live';
  const work = isLive
    ? withSpinner(process.stderr, 'Checking builders, registry, and cluster', diagnosis)
    : diagnosis();
  return printResult(invocation, work);
}

async function runRelease(invocation: CommandInvocation, directory: string): Promise<Report> {
  const rollouts = invocation.command === 'deploy' ? readRollouts(invocation) : undefined;
  return inSession(invocation, directory, ({ deps, config, order, ask }) => {
    const { request, until, compare, notices, promotion, waitMs } = order;
    const run = { config, request, until, notices, waitMs };
    const asking = { ...deps, ...(ask && { askUser: (report: Report) => confirmRelease(report, ask) }) };
    if (promotion !== undefined) return promote(run, promotion, asking);
    return rollouts === undefined ? release({ ...run, compare }, asking) : rollOut(run, rollouts, asking);
  }).catch(failedReport);

  function confirmRelease(report: Report, ask: AskForChange): Promise<'yes' | 'no'> {
    const verb = report.promotion === undefined ? 'Release' : 'Promote';
    return rollouts === undefined
      ? ask((style) => `${renderPlan(report, style)}\n`, `${verb} as shown? [y/N]`)
      : ask((style) => renderTargets(report, rollouts, style), 'Deploy as shown? [y/N]');
  }
}

/**
 * Loads the configuration, connects everything it names, and does the work.
 * @param wish a configuration in place of the one that the command line names
 */
async function inSession<T>(
  invocation: CommandInvocation,
  directory: string,
  work: (session: Session) => Promise<T>,
  wish?: ConfigSource,
): Promise<T> {
  const folders: string[] = [];
  const cancellation = cancelOnSignals(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  try {
    const asked = readRequest(invocation, given);
    const order: CliRequest = wish === undefined ? asked : { ...asked, config: wish, until: 'plan' };
    secrets.push(...[order.password, order.token, order.deployToken].flatMap((secret) => secret ?? []));
    // The largest part of the program is loaded while git works.
    const reading = loadProject(order, directory, cancellation.signal);
    const loading = Promise.all([import('./app/connect.js'), import('./cli/run-context.js')]);
    const [project, [{ connectDependencies }, { runContextFor }]] = await Promise.all([reading, loading]);
    const { git, config, notices } = project;
    secrets.push(...readBuildSecrets([...config.images, ...config.helpers], git.root, env));
    // All secrets are known now; the redactor is prepared once for all lines of progress.
    const clean = redactor(secrets);
    const stream = process.stderr;
    const screen = { stream, style: await styleFor(invocation, stream), redact: clean };
    const opened = await openDisplay(displayModeOf(invocation), screen);
    // The proposal of `init` is only planned.
    const display = wish === undefined ? opened : { ...opened, show: () => {} };
    try {
      const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
      const runContext = await runContextFor({
        ...{ git, config, env, display, redact: clean, signal: cancellation.signal },
        order: { ...order, config: project.wish },
        ...{ home: homedir(), temp: tmpdir(), uid: process.getuid?.(), platform: nativePlatform(process.arch) },
        askToCancel: isTerminal ? askToCancel : undefined,
        onFolder: (folder) => folders.push(folder),
      });
      const deps = await connectDependencies(runContext, config);
      try {
        const mayAsk = isTerminal && order.until === 'deploy' && !invocation.options.has('yes');
        return await work({
          ...{ deps, config, order: { ...order, notices } },
          ...(mayAsk && { ask: askForChange(invocation, display) }),
        });
      } finally {
        await deps.close();
      }
    } finally {
      display.close();
    }
  } finally {
    cancellation.dispose();
  }
}

function askForChange(invocation: CommandInvocation, display: Display): AskForChange {
  return async (change, question) => {
    const text = redact(change(await styleFor(invocation, process.stderr)));
    return display.aside((asked) => {
      process.stderr.write(text);
      return confirm(asked);
    })(question);
  };
}

async function loadProject(order: CliRequest, directory: string, signal?: AbortSignal) {
  const git = await sourceFromGit({ cwd: directory, env, now: Math.floor(Date.now() / 1000) });
  const wish = fromRoot(order.config, directory, git.root);
  const written = loadConfig(await findConfig(wish, git.root));
  const bake = { config: written, root: git.root, env, run, signal };
  const { config: loaded, problems } = await loadBakeImages(bake);
  const config: Config = { ...loaded, builder: overrideChoice(loaded.builder, order.request.builder) };
  return { git, config, wish, notices: problems };
}

/** A path on the command line is relative to the current folder. */
function fromRoot(wish: ConfigSource, directory: string, root: string): ConfigSource {
  if (wish.from !== 'file') return wish;
  return { ...wish, path: relative(realpathSync(root), resolve(realpathSync(directory), wish.path)) };
}

function displayModeOf({ options }: CommandInvocation) {
  const { isTTY } = process.stderr;
  return displayMode({ json: options.has('json'), quiet: options.has('quiet'), isTTY }, env);
}

async function printResult(invocation: CommandInvocation, work: Promise<CommandResult>): Promise<number> {
  const result = await work.catch(failedResult);
  if (invocation.options.has('json')) {
    printJson(result.json, result.problems ?? []);
  } else {
    const stream = process[result.to];
    stream.write(redact(result.text(await styleFor(invocation, stream))));
  }
  return result.exitCode;
}

async function printReport(invocation: CommandInvocation, report: Report): Promise<void> {
  const { command, options } = invocation;
  const { status } = report.outcome;
  const isPlan = command === 'plan' && status === 'planned';
  const key = options.text('explain');
  const explained = isPlan && key !== undefined ? explain(report, key) : undefined;
  if (options.has('json')) {
    const data = isPlan ? planAsJson(report, explained) : reportAsJson(report);
    printJson(data, [...problemsIn(report), ...report.warnings]);
    return;
  }
  const stream = status === 'failed' || status === 'cancelled' ? process.stderr : process.stdout;
  const style = await styleFor(invocation, stream);
  const text =
    explained !== undefined
      ? renderExplanation(explained, style)
      : status === 'planned'
        ? renderPlan(report, style)
        : renderReport(report, style);
  const isDryRun = status === 'planned' && command !== 'plan';
  stream.write(redact(isDryRun ? `${text}\n${renderHeadline(report, style)}\n` : text));
}

/** One document on stdout. Problems end the stream of events on stderr. */
function printJson(data: unknown, problems: readonly Problem[]): void {
  for (const problem of problems) writeEvent(process.stderr, { type: 'problem', problem }, redact);
  process.stdout.write(`${JSON.stringify(cleanStrings(data, redact), null, 2)}\n`);
}

function styleFor({ options }: CommandInvocation, stream: NodeJS.WriteStream): Promise<Style> {
  return styleOf(stream, env, { color: options.text('color'), verbose: options.has('verbose') });
}

surviveBrokenPipes([process.stdout, process.stderr]);
process.exitCode = await main().catch(async (error: unknown) => {
  const { exitCode, text, json, problems = [] } = failedResult(error);
  // Arguments that can't be parsed may still ask for JSON.
  if (process.argv.includes('--json')) printJson(json, problems);
  else process.stderr.write(redact(text(await styleOf(process.stderr, env))));
  return exitCode;
});
