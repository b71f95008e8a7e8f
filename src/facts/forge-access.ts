import { Secret } from '../lib/secret.js';
import { unlessMissing, type Probe } from './probe.js';

export interface ForgeFacts {
  /** `owner/name`; undefined: the checkout comes from no known forge. */
  repository?: string;
  gh: 'missing' | 'logged-out' | 'logged-in';
  token?: { from: 'GITHUB_TOKEN' | 'GH_TOKEN' | 'gh'; secret: Secret };
}

/** @param probe.host `github.com`, or the host of a GitHub Enterprise server */
export function probeForge(probe: Probe & { repository?: string; host?: string }): Promise<ForgeFacts> {
  const { repository, host, env, run, signal } = probe;
  const from = (['GITHUB_TOKEN', 'GH_TOKEN'] as const).find((name) => env[name]);
  const given = from && { from, secret: new Secret(env[from]!) };
  return unlessMissing<ForgeFacts>({ repository, gh: 'missing', token: given }, async () => {
    // Without these variables gh prints the token of its store. https://cli.github.com/manual/gh_help_environment
    const { GH_TOKEN: _one, GITHUB_TOKEN: _other, ...own } = env;
    const args = ['auth', 'token', '--hostname', host ?? 'github.com'];
    const { code, stdout } = await run('gh', args, { env: own, signal });
    const text = stdout.toString().trim();
    if (code !== 0 || text === '') return { repository, gh: 'logged-out', token: given };
    return { repository, gh: 'logged-in', token: given ?? { from: 'gh', secret: new Secret(text) } };
  });
}
