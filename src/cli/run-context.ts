import type { Config } from '../config/config.js';
import { loginHost } from '../plan/references.js';
import { fullCommitId } from '../facts/git.js';
import type { GitSource } from '../facts/git-source.js';
import { nativePlatform } from '../facts/machine.js';
import { USER_AGENT } from '../version.js';
import type { RunContext } from '../app/run-context.js';
import { signingIn } from '../app/signing.js';
import type { Ask } from './ask.js';
import type { Display } from './display.js';
import { forgeOf, targetOpeners } from './forge.js';
import type { CliRequest } from './request.js';
import { usageError } from './usage.js';

/** Values read from command line, checkout, and machine. */
export interface CliSurroundings extends Pick<RunContext, 'env' | 'home' | 'temp' | 'uid' | 'signal' | 'redact'> {
  order: CliRequest;
  git: GitSource;
  config: Config;
  display: Display;
  /** As node names it: `x64`. */
  arch: NodeJS.Architecture;
  /** Asks whether to cancel a run elsewhere; undefined: nobody can be asked. */
  askToCancel: Ask | undefined;
  /** Called with folders that a killed process would leave. */
  onFolder(folder: string): void;
}

export async function settingFor(surroundings: CliSurroundings): Promise<RunContext> {
  const { order, git, config, display, env, askToCancel, onFolder } = surroundings;
  const { home, temp, uid, signal, redact, arch } = surroundings;
  const host = loginHost(config);
  const { username, password, run } = order;
  const commit = order.source && (await commitOf(order.source, { cwd: git.root, env }));
  return {
    ...{ env, home, temp, uid, signal, redact },
    root: git.root,
    source: { ...git.source, ...(commit && { commit }), ...(run && { run }) },
    uncommitted: git.uncommitted,
    environment: { kind: 'terminal' },
    platform: nativePlatform(arch),
    logins: host && username && password ? [{ host, username, password }] : [],
    ...(await targetOpeners(order, git, config, env)),
    // `plan` signs nothing.
    signing: {
      ...{ purpose: order.until === 'plan' ? 'verify' : 'sign', ...signingIn(env), token: order.token },
      ...(order.trustedRoot !== undefined && { trustedRoot: order.trustedRoot }),
    },
    registryCheck: order.registryCheck,
    request: { ...order.request, config: order.config },
    forge: forgeOf(git, env),
    askCancel: askToCancel && display.aside(askToCancel),
    userAgent: USER_AGENT,
    onProgress: display.show,
    onEvent: display.show,
    say: display.say,
    onLeftover: (leftover) => 'dockerConfig' in leftover && onFolder(leftover.dockerConfig),
  };
}

/** @throws ReleaseError `usage/invalid` */
async function commitOf(revision: string, checkout: Parameters<typeof fullCommitId>[0]): Promise<string> {
  const commit = await fullCommitId(checkout, revision);
  // The commit of another clone need not be in this one.
  if (/^[0-9a-f]{7,64}$/.test(commit)) return commit;
  const fix = 'Use a commit, branch, or tag of this repository, for example `--source HEAD~1`.';
  throw usageError(`git finds no commit for \`--source ${revision}\`.`, fix);
}
