import type { AskCancel } from '../builders/dispatch/cancel-run.js';
import type { Config } from '../config/config.js';
import { loginHost } from '../plan/references.js';
import { fullCommitId, type GitSource } from '../facts/git-source.js';
import { nativePlatform } from '../facts/platform.js';
import { USER_AGENT } from '../version.js';
import type { Setting } from '../app/run-context.js';
import { signingIn } from '../app/signing.js';
import type { Display } from './display.js';
import { apiOf, forgeOf, targetOpeners } from './forge.js';
import type { CliOrder } from './orders.js';

/** What was read of command line, checkout and machine. */
export interface CliSurroundings extends Pick<
  Setting,
  'env' | 'home' | 'temp' | 'uid' | 'signal' | 'redact'
> {
  order: CliOrder;
  git: GitSource;
  config: Config;
  display: Display;
  /** As node names it: `x64`. */
  arch: NodeJS.Architecture;
  /** Undefined: nobody can be asked. */
  ask: AskCancel | undefined;
  /** Told of folders that a killed process would leave. */
  onFolder(folder: string): void;
}

/** The world of a command line. */
export async function settingFor(surroundings: CliSurroundings): Promise<Setting> {
  const { order, git, config, display, env, ask, onFolder } = surroundings;
  const { home, temp, uid, signal, redact, arch } = surroundings;
  const host = loginHost(config);
  const { username, password, run } = order;
  const commit = order.source && (await fullCommitId({ cwd: git.root, env }, order.source));
  return {
    ...{ env, home, temp, uid, signal, redact },
    root: git.root,
    source: { ...git.source, ...(commit && { commit }), ...(run && { run }) },
    uncommitted: git.uncommitted,
    environment: { kind: 'terminal' },
    platform: nativePlatform(arch),
    logins: host && username && password ? [{ host, username, password }] : [],
    ...(await targetOpeners(order, git, config, env)),
    signing: signingFor(order, git, env),
    registryCheck: order.registryCheck,
    request: { ...order.request, config: order.config },
    forge: forgeOf(git, env),
    askCancel: ask && display.aside(ask),
    userAgent: USER_AGENT,
    onProgress: display.show,
    onEvent: display.show,
    say: display.say,
    onLeftover: (leftover) => 'dockerConfig' in leftover && onFolder(leftover.dockerConfig),
  };
}

/** Where GitHub keeps attestations of the repository. `plan` signs nothing. */
function signingFor(
  { until, token, trustedRoot }: CliOrder,
  git: GitSource,
  env: NodeJS.ProcessEnv,
): Setting['signing'] {
  const { repository, url } = git.source;
  return {
    purpose: until === 'plan' ? 'verify' : 'sign',
    serverUrl: forgeOf(git, env).serverUrl,
    ...(repository !== undefined &&
      url !== undefined && { store: { apiUrl: apiOf(url, env), repository, token } }),
    ...signingIn(env),
    ...(trustedRoot !== undefined && { trustedRoot }),
  };
}
