import type { ConnectedDependencies } from '../app/connect.js';
import type { Config } from '../config/config.js';
import { readSpan } from '../config/expand.js';
import { awaitDeployed, readDeployed, rollBack, verifyDeployed, withLive } from '../deployments.js';
import { ONE_BACK, readDestination } from '../deploy/status/rollback.js';
import { Cancelled, type Problem } from '../lib/errors.js';
import { exitCodeOf, failedReport, problemsIn } from '../report/report.js';
import { reportAsJson } from '../report/outputs.js';
import {
  exitCodeOfRollback,
  renderChoices,
  renderRollback,
  rollbackAsJson,
  type Rollback,
} from '../report/rollback.js';
import { exitCodeOfStatus, renderStatus, statusAsJson } from '../report/status.js';
import { cleanupAsJson, renderCleanup, renderVerdicts, type Cleanup } from '../report/cleanup.js';
import { renderProblem, type Style } from '../report/terminal.js';
import { renderVerification, verificationAsJson } from '../report/verify.js';
import type { CommandInvocation } from './arguments.js';
import { CLEANUP_DEFAULTS } from './options.js';
import { refuseArguments, type CliRequest } from './request.js';
import { usageError } from './usage.js';

/** The output of a command and its exit code. */
export interface CommandResult {
  exitCode: number;
  /** stderr if the command failed. */
  to: 'stdout' | 'stderr';
  text(style: Style): string;
  json: unknown;
  problems?: readonly Problem[];
}

/** Shows the change and asks; undefined: nobody can be asked, or the user said `--yes`. */
export type AskForChange = (change: (style: Style) => string, question: string) => Promise<'yes' | 'no'>;

export interface Work {
  order: CliRequest;
  config: Config;
  deps: ConnectedDependencies;
  ask?: AskForChange;
}

type Run = (work: Work) => Promise<CommandResult>;

export const shown = (exitCode: number, text: CommandResult['text'], json: unknown): CommandResult => ({
  ...{ to: 'stdout', exitCode, text, json },
});

/**
 * Commands about deployments. Each checks its options and returns the work that needs the configuration.
 * @throws ReleaseError usage/*, deploy/no-such-release; the work throws ReleaseError or Cancelled
 */
export const DEPLOYMENT_COMMANDS = {
  status({ options }): Run {
    const read = options.has('watch') ? awaitDeployed : readDeployed;
    return async (work) => {
      const deployed = await read(selectionOf(work, options.text('channel')), work.deps);
      const channels = options.has('live') ? await withLive(deployed, work.deps) : deployed;
      const text = (style: Style) => renderStatus(channels, new Date(), style);
      return shown(exitCodeOfStatus(channels), text, statusAsJson(channels));
    };
  },
  verify({ options }): Run {
    return async (work) => {
      const channels = await verifyDeployed(selectionOf(work, options.text('channel')), work.deps);
      const text = (style: Style) => renderVerification(channels, new Date(), style);
      return shown(exitCodeOfStatus(channels), text, verificationAsJson(channels));
    };
  },
  rollback({ options }): Run {
    const to = options.text('to');
    const destination = to === undefined ? ONE_BACK : readDestination(to);
    const channel = options.text('channel');
    const allChannels = options.has('all-channels');
    if (channel !== undefined && allChannels)
      throw usageError('--channel and --all-channels contradict each other.', 'Give one of them.');
    return async (work) => {
      const { ask, order, deps } = work;
      const confirm = (planned: Rollback) =>
        ask!((style) => `${renderChoices(planned, new Date(), style).join('\n')}\n`, 'Roll back as shown? [y/N]');
      const until = order.until === 'deploy' ? ('deploy' as const) : ('preflight' as const);
      const { waitMs } = order;
      const request = {
        ...{ ...selectionOf(work, channel), to: destination, allChannels, until, waitMs },
        ...(ask && { confirm }),
      };
      const rollback = await rollBack(request, deps);
      const text = (style: Style) => renderRollback(rollback, new Date(), style);
      return shown(exitCodeOfRollback(rollback), text, rollbackAsJson(rollback));
    };
  },
  cleanup(invocation): Run {
    refuseArguments(invocation);
    const { options } = invocation;
    const keep = Number(options.text('keep') ?? CLEANUP_DEFAULTS.keep);
    if (!Number.isInteger(keep) || keep < 0)
      throw usageError(
        `Expected a number after \`--keep\`, got \`${options.text('keep')}\`.`,
        'For example: `--keep 10`.',
      );
    const span = options.text('older-than') ?? CLEANUP_DEFAULTS.olderThan;
    const seconds = readSpan(span);
    if (seconds === undefined)
      throw usageError(`Expected an age after \`--older-than\`, got \`${span}\`.`, 'For example: `--older-than 30d`.');
    return async ({ config, deps, ask }) => {
      const confirm = (planned: Cleanup) =>
        ask!((style) => `${renderVerdicts(planned, style).join('\n')}\n`, 'Delete these versions? [y/N]');
      const mode = options.has('yes') ? 'delete' : 'list';
      const { cleanUp } = await import('../cleanup.js');
      const cleanup = await cleanUp({ config, keep, age: seconds * 1000, mode, ...(ask && { confirm }) }, deps);
      return shown(0, (style) => renderCleanup(cleanup, style), cleanupAsJson(cleanup));
    };
  },
} satisfies Record<string, (invocation: CommandInvocation) => Run>;

/** The result of a command that threw. */
export function failedResult(error: unknown): CommandResult {
  if (error instanceof Cancelled) {
    const json = { outcome: { status: 'cancelled', problems: [], while: error.during } };
    return { to: 'stderr', exitCode: 130, text: (style) => `${style.bad('✗')} ${error.message}\n`, json };
  }
  const report = failedReport(error);
  const problems = problemsIn(report);
  return {
    to: 'stderr',
    exitCode: exitCodeOf(report),
    text: (style) => `${problems.map((problem) => renderProblem(problem, style)).join('\n')}\n`,
    json: reportAsJson(report),
    problems,
  };
}

function selectionOf({ order, config }: Work, channel: string | undefined) {
  return { config, images: order.request.images, channel };
}
