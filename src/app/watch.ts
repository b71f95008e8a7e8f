import { watchRelease } from '../builders/dispatch/watch.js';
import { probeCheckout } from '../facts/build-files-checkout.js';
import { probeForge } from '../facts/forge-access.js';
import { run } from '../lib/process.js';
import { redactor } from '../lib/secret.js';
import { sleep } from '../lib/sleep.js';
import { connectGitHubHttp } from './octokit.js';
import type { Setting } from './run-context.js';

/** Connects whoever waits for a release to the forge that runs it. */
export function connectWatch(setting: Setting): () => Promise<void> {
  const { root, env, source, signal, say, forge } = setting;
  return async () => {
    const { repository, url } = source;
    const host = url === undefined ? undefined : new URL(url).host;
    const { token } = await probeForge({ repository, host, env, run, signal });
    const clean = redactor(token === undefined ? [] : [token.secret]);
    const redact = (text: string) => clean(setting.redact(text));
    const http = connectGitHubHttp(env, 4);
    try {
      await watchRelease({
        source,
        apiUrl: forge.apiUrl,
        token: token?.secret,
        workflows: probeCheckout(root).workflows,
        http,
        clock: { now: Date.now, sleep },
        signal,
        say: (line) => say(clean(line)),
        redact,
      });
    } finally {
      http.close();
    }
  };
}
