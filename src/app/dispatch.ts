import type { BuildRequest } from '../builders/builder.js';
import type { BuildResult } from '../builders/built.js';
import { dispatchRelease } from '../builders/dispatch/dispatch.js';
import { accessProblem, FailedRequest, type Clock, type GitHubRepository } from '../builders/dispatch/github.js';
import { watchRelease } from '../builders/dispatch/watch.js';
import type { DispatchSettings } from '../config/builder-settings.js';
import { ownerAndRepo } from '../deploy/targets/repository-name.js';
import { probeCheckout } from '../facts/build-files-checkout.js';
import { probeForge, type ForgeFacts } from '../facts/forge-access.js';
import { connectOctokit } from '../github/octokit.js';
import { request, requestOnce, RequestFailed } from '../github/requests.js';
import { ReleaseError } from '../lib/errors.js';
import { run } from '../lib/process.js';
import { cleanStrings, redactor, type Secret } from '../lib/secret.js';
import { sleep } from '../lib/sleep.js';
import type { RunContext } from './run-context.js';

/** Builds with the repository's workflow on GitHub. */
export async function buildByDispatch(
  setting: RunContext,
  settings: DispatchSettings,
  facts: ForgeFacts | undefined,
  build: BuildRequest,
): Promise<BuildResult> {
  const { root, env, request, forge, askCancel } = setting;
  const { name, token } = accessOf(facts ?? { gh: 'missing' });
  const clean = redactor([token]);
  const say = (line: string) => build.say(clean(line));
  const { signal } = build;
  const github = await connectRepository({ name, token, apiUrl: forge.apiUrl, env, clock, signal, say });
  const { workflows } = probeCheckout(root);
  const { serverUrl } = forge;
  return dispatchRelease(
    { settings, github, serverUrl, request, workflows, clock, askCancel },
    {
      ...build,
      say,
      redact: (text) => clean(build.redact(text)),
      onProgress: (event) => build.onProgress(cleanStrings(event, clean)),
    },
  );
}

/** Waits for the run on GitHub that releases the commit of the checkout. */
export async function watchOnGitHub(setting: RunContext): Promise<void> {
  const { root, env, source, signal, forge } = setting;
  const { repository, url, commit } = source;
  const host = url === undefined ? undefined : new URL(url).host;
  const { name, token } = accessOf(await probeForge({ repository, host, env, run, signal }));
  const clean = redactor([token]);
  const say = (line: string) => setting.say(clean(line));
  const github = await connectRepository({ name, token, apiUrl: forge.apiUrl, env, clock, signal, say });
  const redact = (text: string) => clean(setting.redact(text));
  const { workflows } = probeCheckout(root);
  await watchRelease({ github, commit, workflows, clock, signal, say, redact });
}

const clock: Clock = { now: Date.now, sleep };

function accessOf(facts: ForgeFacts): { name: string; token: Secret } {
  const missing = accessProblem(facts);
  if (missing !== undefined) throw new ReleaseError([missing]);
  return { name: facts.repository!, token: facts.token!.secret };
}

/** Longer waits between tries are rate limits. */
const LONGEST_BACKOFF_MS = 10_000;

export async function connectRepository(access: {
  name: string;
  token: Secret;
  apiUrl: string;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  signal: AbortSignal;
  say(line: string): void;
}): Promise<GitHubRepository> {
  const { name, token, apiUrl, env, clock, signal, say } = access;
  const octokit = (await connectOctokit(apiUrl, env))(token);
  const repository = {
    ...{ octokit, ...ownerAndRepo(name) },
    clockwork: {
      random: Math.random,
      sleep: (ms: number, own?: AbortSignal) => {
        if (ms > LONGEST_BACKOFF_MS) say(`GitHub's rate limit is used up; waiting ${Math.ceil(ms / 1000)} s.`);
        return clock.sleep(ms, own);
      },
    },
  };
  return {
    name,
    async read(call, isAnswer) {
      try {
        return await request(repository, ({ rest, at }) => call(rest, at), { signal, isAnswer });
      } catch (error) {
        if (error instanceof RequestFailed) return failedRequest(error);
        throw error;
      }
    },
    async write(call, own = signal) {
      const answer = await requestOnce(repository, ({ rest, at }) => call(rest, at), { signal: own });
      return answer instanceof RequestFailed ? failedRequest(answer) : answer;
    },
  };
}

function failedRequest({ kind, failure, message }: RequestFailed): FailedRequest {
  const reason = kind === 'transient' ? 'unreachable' : kind === 'rate-limited' ? 'rate-limited' : 'refused';
  return new FailedRequest(reason, failure.status, message);
}
