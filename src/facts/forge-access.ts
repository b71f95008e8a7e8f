import { ProgramMissing, type run as runProcess } from '../lib/process.js';
import { Secret } from '../lib/secret.js';

/** Access to GitHub. */
export interface ForgeFacts {
  /** `owner/name`; undefined: the checkout comes from no known forge. */
  repository?: string;
  /** The program gh. */
  gh: 'missing' | 'logged-out' | 'logged-in';
  token?: { from: 'GITHUB_TOKEN' | 'GH_TOKEN' | 'gh'; secret: Secret };
}

export interface ForgeProbe {
  repository?: string;
  /** `github.com`, or the host of a GitHub Enterprise server. */
  host?: string;
  env: NodeJS.ProcessEnv;
  run: typeof runProcess;
  signal?: AbortSignal;
}

/** Looks for a token in the environment, and asks gh for its own. */
export async function probeForge({ repository, host, env, run, signal }: ForgeProbe): Promise<ForgeFacts> {
  const known = { ...(repository !== undefined && { repository }) };
  const fromGh = await tokenOfGh(host ?? 'github.com', { env, run, signal });
  for (const from of ['GITHUB_TOKEN', 'GH_TOKEN'] as const) {
    const text = env[from];
    if (text) return { ...known, gh: fromGh.gh, token: { from, secret: new Secret(text) } };
  }
  const { gh, secret } = fromGh;
  return { ...known, gh, ...(secret && { token: { from: 'gh', secret } }) };
}

async function tokenOfGh(
  host: string,
  { env, run, signal }: Pick<ForgeProbe, 'env' | 'run' | 'signal'>,
): Promise<{ gh: ForgeFacts['gh']; secret?: Secret }> {
  try {
    // Without these variables gh prints the token of its store. https://cli.github.com/manual/gh_help_environment
    const { GH_TOKEN: _one, GITHUB_TOKEN: _other, ...own } = env;
    const args = ['auth', 'token', '--hostname', host];
    const { code, stdout } = await run('gh', args, { env: own, signal });
    const text = stdout.toString().trim();
    return code === 0 && text !== '' ? { gh: 'logged-in', secret: new Secret(text) } : { gh: 'logged-out' };
  } catch (error) {
    if (error instanceof ProgramMissing) return { gh: 'missing' };
    throw error;
  }
}
