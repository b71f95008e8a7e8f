import type { Config } from '../config/config.js';
import { ONE_BACK, readDestination } from '../deploy/status/rollback.js';
import { Cancelled, type Problem } from '../lib/errors.js';
import { exitCodeOf, failedReport } from '../report/exit-code.js';
import { reportAsJson } from '../report/outputs.js';
import { problemsIn } from '../report/report.js';
import { exitCodeOfRollback, renderRollback, rollbackAsJson } from '../report/rollback.js';
import { exitCodeOfStatus, renderStatus, statusAsJson } from '../report/status.js';
import { renderProblem, type Style } from '../report/terminal.js';
import { renderVerification, verificationAsJson } from '../report/verify.js';
import {
  awaitDeployed,
  readDeployed,
  rollBack,
  verifyDeployed,
  type DeploymentsContext,
} from '../deployments.js';
import type { Invocation } from './arguments.js';
import type { CliOrder } from './orders.js';

/** What a command has to tell, and the exit code that goes with it. */
export interface Told {
  exitCode: number;
  /** Results go to stdout; why there is none goes to stderr. */
  to: 'stdout' | 'stderr';
  text(style: Style): string;
  json: unknown;
  /** Why there is no result. */
  problems?: readonly Problem[];
}

type CommandInvocation = Extract<Invocation, { type: 'command' }>;

interface Work {
  invocation: CommandInvocation;
  order: CliOrder;
  config: Config;
  world: DeploymentsContext;
}

/** The commands that look after what is deployed. */
const STEWARDS = {
  async status(work) {
    const read = work.invocation.options.has('watch') ? awaitDeployed : readDeployed;
    const channels = await read(orderOf(work), work.world);
    return {
      to: 'stdout',
      exitCode: exitCodeOfStatus(channels),
      text: (style) => renderStatus(channels, new Date(), style),
      json: statusAsJson(channels),
    };
  },
  async verify(work) {
    const channels = await verifyDeployed(orderOf(work), work.world);
    return {
      to: 'stdout',
      exitCode: exitCodeOfStatus(channels),
      text: (style) => renderVerification(channels, new Date(), style),
      json: verificationAsJson(channels),
    };
  },
  async rollback(work) {
    const to = work.invocation.options.text('to');
    const until = work.order.until === 'deploy' ? 'deploy' : 'preflight';
    const order = { ...orderOf(work), to: to === undefined ? ONE_BACK : readDestination(to), until } as const;
    const rollback = await rollBack(order, work.world);
    return {
      to: 'stdout',
      exitCode: exitCodeOfRollback(rollback),
      text: (style) => renderRollback(rollback, new Date(), style),
      json: rollbackAsJson(rollback),
    };
  },
} satisfies Record<string, (work: Work) => Promise<Told>>;

export type StewardCommand = keyof typeof STEWARDS;

export function isStewardCommand(command: string): command is StewardCommand {
  return Object.hasOwn(STEWARDS, command);
}

/** @throws ReleaseError, Cancelled */
export function tend(command: StewardCommand, work: Work): Promise<Told> {
  return STEWARDS[command](work);
}

/** What is told of a command that failed. */
export function tellFailure(error: unknown): Told {
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

function orderOf({ invocation, order, config }: Work) {
  return { config, images: order.request.images, channel: invocation.options.text('channel') };
}
