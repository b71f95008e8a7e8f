import { Secret } from '../lib/secret.js';
import { unlessMissing, type Probe } from './probe.js';

export interface ForgeFacts {
  /** `owner/name`; undefined: the checkout comes from no known forge. */
  repository?: string;
  gh: 'missing' | 'logged-out' | 'logged-in';
  token?: { from: 'GITHUB_TOKEN' | 'GH_TOKEN' | 'gh'; secret: Secret };
}

interface ForgeProbe extends Probe {
  repository?: string;
  /** `github.com`, or the host of a GitHub Enterprise server. */
  host?: string;
}

export async function probeForge({ repository, host, env, run, signal }: ForgeProbe): Promise<ForgeFacts> {
  const fromGh = await tokenOfGh(host ?? 'github.com', { env, run, signal });
  for (const from of ['GITHUB_TOKEN', 'GH_TOKEN'] as const) {
    const text = env[from];
    if (text) return { repository, gh: fromGh.gh, token: { from, secret: new Secret(text) } };
  }
  const { gh, secret } = fromGh;
  return { repository, gh, token: secret && { from: 'gh', secret } };
}

type GhFacts = Pick<ForgeFacts, 'gh'> & { secret?: Secret };

function tokenOfGh(host: string, { env, run, signal }: Probe): Promise<GhFacts> {
  return unlessMissing<GhFacts>({ gh: 'missing' }, async () => {
    // Without these variables gh prints the token of its store. https://cli.github.com/manual/gh_help_environment
    const { GH_TOKEN: _one, GITHUB_TOKEN: _other, ...own } = env;
    const { code, stdout } = await run('gh', ['auth', 'token', '--hostname', host], { env: own, signal });
    const text = stdout.toString().trim();
    return code === 0 && text !== '' ? { gh: 'logged-in', secret: new Secret(text) } : { gh: 'logged-out' };
  });
}
