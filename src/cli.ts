#!/usr/bin/env node
import { rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { askAtTerminal, confirmAtTerminal } from './cli/ask.js';
import { parseArguments, type Invocation } from './cli/arguments.js';
import type { Display } from './cli/display.js';
import { renderHelp } from './cli/help.js';
import { displayMode, openDisplay, writeEvent } from './cli/open-display.js';
import { readOrder, readRollouts, refuseWords, type CliOrder } from './cli/orders.js';
import type { ScaffoldCommand } from './cli/scaffold.js';
import { runSet } from './cli/set.js';
import { settingFor } from './cli/setting.js';
import { isStewardCommand, tellFailure, tend, type Told } from './cli/stewards.js';
import { overrideChoice } from './config/builder-settings.js';
import type { Config } from './config/config.js';
import { findConfig, type ConfigSource } from './config/find.js';
import { loadConfig } from './config/load.js';
import { loadBakeImages } from './facts/bake-file.js';
import { readBuildSecrets } from './facts/build-secrets.js';
import { sourceFromGit } from './facts/git-source.js';
import { surviveBrokenPipes } from './lib/broken-pipe.js';
import { cancelOnSignals } from './lib/cancel.js';
import { childEnvironment, run } from './lib/process.js';
import { exitCodeFor } from './lib/problem-catalogue.js';
import type { Problem } from './lib/errors.js';
import { cleanStrings, redactor, type Secret } from './lib/secret.js';
import { release, rollOut, type ReleaseOrder } from './release.js';
import { explain, renderExplanation } from './report/explain.js';
import { exitCodeOf, failedReport, problemsOf } from './report/exit-code.js';
import { planAsJson, reportAsJson } from './report/outputs.js';
import { problemsIn, type Report } from './report/report.js';
import {
  colourStyle,
  plainStyle,
  renderPlan,
  renderProblem,
  renderReport,
  renderVerdict,
  type Style,
} from './report/terminal.js';
import { VERSION } from './version.js';
import { connectWorld, type ConnectedWorld } from './app/connect.js';

/** With what was found while reading the configuration. */
type LoadedOrder = CliOrder & Pick<ReleaseOrder, 'notices'>;
type CommandInvocation = Extract<Invocation, { type: 'command' }>;

const given = process.env;
/** For all but what reads the tokens and passwords of this program. */
const env = childEnvironment(given);
const secrets: Secret[] = [];
const redact = (text: string) => redactor(secrets)(text);

async function main(): Promise<number> {
  const invocation = parseArguments(process.argv.slice(2));
  switch (invocation.type) {
    case 'help':
      process.stdout.write(`${renderHelp(invocation.command)}\n`);
      return 0;
    case 'version':
      process.stdout.write(`${VERSION}\n`);
      return 0;
    case 'command':
      return runCommand(invocation);
  }
}

async function runCommand(invocation: CommandInvocation): Promise<number> {
  const { command } = invocation;
  const directory = resolve(invocation.options.text('directory') ?? '.');
  if (command === 'schema') {
    refuseWords(invocation);
    const { imageReleaseJsonSchema } = await import('./config/schema.js');
    process.stdout.write(`${JSON.stringify(imageReleaseJsonSchema(), null, 2)}\n`);
    return 0;
  }
  if (command === 'set') return runSet(invocation, directory, (text) => process.stdout.write(text));
  if (command === 'init') return initialiseHere(invocation, directory);
  if (command === 'kaniko') {
    process.stdout.write(await scaffoldHere(command, invocation, directory));
    return 0;
  }
  if (command === 'doctor') {
    const { consult } = await import('./cli/doctor.js');
    refuseWords(invocation);
    const seek = { directory, env, uid: process.getuid?.() };
    return tell(invocation, consult({ ...seek, inWorld: (work) => inWorld(invocation, directory, work) }));
  }
  if (isStewardCommand(command)) {
    const told = inWorld(invocation, directory, (world, config, order) =>
      tend(command, { invocation, order, config, world }),
    );
    return tell(invocation, told);
  }
  const report = await perform(invocation, directory);
  await print(invocation, report);
  return exitCodeOf(report);
}

async function scaffoldHere(command: ScaffoldCommand, invocation: CommandInvocation, directory: string) {
  const { scaffold } = await import('./cli/scaffold.js');
  const { config, git } = await loadProject(readOrder(invocation, given), directory);
  return scaffold(command, invocation, config, git);
}

async function initialiseHere(invocation: CommandInvocation, directory: string): Promise<number> {
  const { initialise } = await import('./cli/init.js');
  return initialise(invocation, {
    directory,
    env,
    config: readOrder(invocation, given).config,
    style: await styleOf(process.stdout),
    write: (text) => process.stdout.write(redact(text)),
    ...(process.stdin.isTTY && process.stdout.isTTY && { ask: confirmAtTerminal }),
    plan: (wish, depth) =>
      inWorld(
        invocation,
        directory,
        (world, config, { request, notices }) => release({ config, request, notices, ...depth }, world),
        wish,
      ),
    writeScripts: () => scaffoldHere('init', invocation, directory),
  });
}

async function perform(invocation: CommandInvocation, directory: string): Promise<Report> {
  return inWorld(invocation, directory, async (world, config, { request, until, compare, notices }) =>
    invocation.command === 'deploy'
      ? await rollOut({ config, request, until, notices }, readRollouts(invocation), world)
      : await release({ config, request, until, compare, notices }, world),
  ).catch(failedReport);
}

async function tell({ options }: CommandInvocation, work: Promise<Told>): Promise<number> {
  const told = await work.catch(tellFailure);
  if (options.has('json')) {
    printJson(told.json, told.problems ?? []);
  } else {
    const stream = process[told.to];
    stream.write(redact(told.text(await styleOf(stream))));
  }
  return told.exitCode;
}

/**
 * Does the work in the world that the command line, the environment and the configuration describe.
 * @param wish a configuration in place of the one that the command line means
 */
async function inWorld<T>(
  invocation: CommandInvocation,
  directory: string,
  work: (world: ConnectedWorld, config: Config, order: LoadedOrder) => Promise<T>,
  wish?: ConfigSource,
): Promise<T> {
  const folders: string[] = [];
  const cancellation = cancelOnSignals(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  try {
    const asked = readOrder(invocation, given);
    const order: CliOrder = wish === undefined ? asked : { ...asked, config: wish, until: 'plan' };
    secrets.push(...[order.password, order.token, order.deployToken].flatMap((secret) => secret ?? []));
    const { git, config, notices } = await loadProject(order, directory, cancellation.signal);
    secrets.push(...readBuildSecrets([...config.images, ...config.helpers], git.root, env));
    // All secrets are known by now; progress comes line by line, so they are prepared once.
    const clean = redactor(secrets);
    const opened = await displayFor(invocation, clean);
    // A proposal is only planned: there is no release to follow.
    const display = wish === undefined ? opened : { ...opened, show: () => {} };
    try {
      const setting = await settingFor({
        ...{ order, git, config, env, display, redact: clean, signal: cancellation.signal },
        ...{ home: homedir(), temp: tmpdir(), uid: process.getuid?.(), arch: process.arch },
        ask: process.stdin.isTTY && process.stderr.isTTY ? askAtTerminal : undefined,
        onFolder: (folder) => folders.push(folder),
      });
      const world = await connectWorld(setting, config);
      try {
        return await work(world, config, { ...order, notices });
      } finally {
        await world.close();
      }
    } finally {
      display.close();
    }
  } finally {
    cancellation.dispose();
  }
}

async function loadProject(order: CliOrder, directory: string, signal?: AbortSignal) {
  const git = await sourceFromGit({ cwd: directory, env, now: Math.floor(Date.now() / 1000) });
  const written = loadConfig(await findConfig(order.config, git.root));
  const { config: loaded, problems } = await loadBakeImages({
    config: written,
    root: git.root,
    env,
    run,
    signal,
  });
  const config: Config = { ...loaded, builder: overrideChoice(loaded.builder, order.request.builder) };
  return { git, config, notices: problems };
}

async function displayFor(
  { options }: CommandInvocation,
  redact: (text: string) => string,
): Promise<Display> {
  const stream = process.stderr;
  const mode = displayMode({ json: options.has('json'), isTTY: stream.isTTY }, env);
  return openDisplay(mode, { stream, style: await styleOf(stream), redact });
}

async function print({ command, options }: CommandInvocation, report: Report): Promise<void> {
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
  const style = await styleOf(stream);
  const text =
    explained !== undefined
      ? renderExplanation(explained, style)
      : status === 'planned'
        ? renderPlan(report, style)
        : renderReport(report, style);
  const dryRun = status === 'planned' && command !== 'plan';
  stream.write(redact(dryRun ? `${text}\n${renderVerdict(report, style)}\n` : text));
}

/** One document on stdout; what is wrong ends the stream of events on stderr, too. */
function printJson(data: unknown, problems: readonly Problem[]): void {
  for (const problem of problems) writeEvent(process.stderr, { type: 'problem', problem }, redact);
  process.stdout.write(`${JSON.stringify(cleanStrings(data, redact), null, 2)}\n`);
}

/** https://no-color.org: any value but the empty one turns colours off. */
async function styleOf(stream: NodeJS.WriteStream): Promise<Style> {
  if (!stream.isTTY) return plainStyle;
  const { fitTo } = await import('./cli/fit-lines.js');
  return { ...(env['NO_COLOR'] ? plainStyle : colourStyle), fit: fitTo(stream.columns || 80) };
}

surviveBrokenPipes([process.stdout, process.stderr]);
process.exitCode = await main().catch(async (error: unknown) => {
  const problems = problemsOf(error);
  // What could not be parsed may have asked for JSON all the same.
  if (process.argv.includes('--json')) printJson(reportAsJson(failedReport(error)), problems);
  else {
    const style = await styleOf(process.stderr);
    process.stderr.write(redact(`${problems.map((problem) => renderProblem(problem, style)).join('\n')}\n`));
  }
  return exitCodeFor(problems.map(({ code }) => code));
});
