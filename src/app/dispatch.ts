import { randomBytes } from 'node:crypto';
import type { Builder } from '../builders/builder.js';
import { dispatchRelease } from '../builders/dispatch/dispatch.js';
import type { DispatchSettings } from '../config/builder-settings.js';
import { probeCheckout } from '../facts/build-files-checkout.js';
import type { ForgeFacts } from '../facts/forge-access.js';
import { sleep } from '../lib/sleep.js';
import { cleanStrings, redactor } from '../lib/secret.js';
import { connectGitHubHttp } from './octokit.js';
import type { Setting } from './run-context.js';

export interface DispatchConnection {
  setting: Setting;
  settings: DispatchSettings;
  forge?: ForgeFacts;
}

/** Connects the builder that starts the repository's workflow to GitHub. */
export function connectDispatch({ setting, settings, forge }: DispatchConnection): Builder {
  const { root, env, source, uncommitted, request } = setting;
  return async (order) => {
    const http = connectGitHubHttp(env, 4);
    const token = forge?.token?.secret;
    const secret = redactor(token === undefined ? [] : [token]);
    const redact = (text: string) => secret(order.redact(text));
    try {
      const { result, run, outcome, published, deployments } = await dispatchRelease(
        {
          settings,
          repository: source.repository,
          ...setting.forge,
          token,
          request,
          workflows: probeCheckout(root).workflows,
          uncommitted,
          http,
          clock: { now: Date.now, sleep },
          newId: () => randomBytes(6).toString('hex'),
          askCancel: setting.askCancel,
        },
        {
          ...order,
          redact,
          say: (line) => order.say(secret(line)),
          onProgress: (event) => order.onProgress(cleanStrings(event, secret)),
        },
      );
      return { ...result, elsewhere: { url: run.url, outcome, published, deployments } };
    } finally {
      http.close();
    }
  };
}
