import { run } from '../../../lib/process.js';
import { Secret } from '../../../lib/secret.js';

export type GitSetting = readonly [key: string, value: string];

export interface GitCredentials {
  username: string;
  password: Secret;
}

export interface GitPerson {
  name: string;
  email: string;
}

/** Variables that would tie git to the repository that started us, such as inside a hook. */
const REPOSITORY_VARIABLES =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|QUARANTINE_PATH|SHALLOW_FILE|(AUTHOR|COMMITTER)_\w+|TRACE\w*|CURL_VERBOSE)$/;

const CARRIED = /^(credential\.|http\.|url\.|core\.(sshcommand|gitproxy|askpass)$|ssh\.)/i;

/**
 * The environment of a git process: settings go in by variables, since argv is readable for every user.
 * Needs git 2.31 (GIT_CONFIG_COUNT).
 */
export function gitEnvironment(
  env: NodeJS.ProcessEnv,
  settings: readonly GitSetting[],
  ownSsh: boolean,
): NodeJS.ProcessEnv {
  const result: NodeJS.ProcessEnv = Object.fromEntries(
    Object.entries(env).filter(([name]) => !REPOSITORY_VARIABLES.test(name)),
  );
  const first = Number(env.GIT_CONFIG_COUNT ?? 0) || 0;
  settings.forEach(([key, value], index) => {
    result[`GIT_CONFIG_KEY_${first + index}`] = key;
    result[`GIT_CONFIG_VALUE_${first + index}`] = value;
  });
  if (!ownSsh) result.GIT_SSH_COMMAND = 'ssh -o BatchMode=yes';
  return {
    ...result,
    GIT_CONFIG_COUNT: String(first + settings.length),
    GIT_TERMINAL_PROMPT: '0',
    GCM_INTERACTIVE: 'never',
    LC_ALL: 'C',
  };
}

/**
 * Reads what the user's git set-up, as it is in `checkout`, brings to a repository elsewhere. Never fails: without a
 * checkout there is nothing to carry.
 * @returns `settings`: those of the checkout alone that decide how a remote is reached (its credentials among them) ·
 *   `ownSsh`: the user chose a command for ssh, so ours must not replace it
 */
export async function readCheckoutSetup(checkout: string, env: NodeJS.ProcessEnv) {
  const plain = gitEnvironment(env, [], true);
  const listed = await run('git', ['config', '--list', '--includes', '--show-scope', '-z'], {
    cwd: checkout,
    env: plain,
  });
  const fields = listed.stdout.toString('utf8').split('\0');
  const all = new Map<string, string>();
  const settings: GitSetting[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const scope = fields[index] ?? '';
    const [key = '', ...rest] = (fields[index + 1] ?? '').split('\n');
    const value = rest.join('\n');
    all.set(key, value);
    if ((scope === 'local' || scope === 'worktree') && CARRIED.test(key)) settings.push([key, value]);
  }
  const name = env.GIT_AUTHOR_NAME ?? all.get('user.name');
  const email = env.GIT_AUTHOR_EMAIL ?? all.get('user.email');
  return {
    settings,
    author: name && email ? { name, email } : undefined,
    ownSsh: env.GIT_SSH_COMMAND !== undefined || env.GIT_SSH !== undefined || all.has('core.sshcommand'),
  };
}

/** Takes user and password out of an http(s) URL: git would show them in the argv of its transport. */
export function splitRemote(remote: string): { url: string; credentials?: GitCredentials } {
  if (!/^https?:\/\//i.test(remote) || !URL.canParse(remote)) return { url: remote };
  const url = new URL(remote);
  const { username, password } = url;
  if (password === '') return { url: remote };
  url.username = '';
  url.password = '';
  const credentials = { username: decodeURIComponent(username), password: new Secret(decodeURIComponent(password)) };
  return { url: url.href, credentials };
}

/**
 * Settings that send the credentials to the remote's host and nowhere else. Empty values clear what was
 * set before: two Authorization headers are an error at GitHub, and a helper would answer with other credentials.
 */
export function credentialSettings(url: string, credentials: GitCredentials): GitSetting[] {
  if (!/^https?:\/\//i.test(url)) return [];
  const key = `http.${new URL(url).origin}/.extraheader`;
  const basic = Buffer.from(`${credentials.username}:${credentials.password.reveal()}`).toString('base64');
  return [
    ['credential.helper', ''],
    [key, ''],
    [key, `Authorization: Basic ${basic}`],
  ];
}

export function withoutUserinfo(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/\s@']+@/gi, '$1');
}
