import type { BuildRequest, BuildResult } from '../builders/built.js';
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

export async function buildByDispatch(
  runContext: RunContext,
  settings: DispatchSettings,
  facts: ForgeFacts | undefined,
  build: BuildRequest,
): Promise<BuildResult> {
  const { request, forge, askCancel } = runContext;
  const { github, workflows, clean, say, redact } = await openRepository(runContext, facts ?? { gh: 'missing' }, build);
  return dispatchRelease(
    { settings, github, serverUrl: forge.serverUrl, request, workflows, clock, askCancel },
    { ...build, say, redact, onProgress: (event) => build.onProgress(cleanStrings(event, clean)) },
  );
}

/** Waits for the run on GitHub that releases the commit of the checkout. */
export async function watchOnGitHub(runContext: RunContext): Promise<void> {
  const { env, signal } = runContext;
  const { repository, url, commit } = runContext.source;
  const host = url === undefined ? undefined : new URL(url).host;
  const facts = await probeForge({ repository, host, env, run, signal });
  const { clean: _, ...opened } = await openRepository(runContext, facts, runContext);
  await watchRelease({ ...opened, commit, clock, signal });
}

const clock: Clock = { now: Date.now, sleep };

/** The repository at GitHub, and how to print without its token. */
async function openRepository(
  { root, env, forge }: RunContext,
  facts: ForgeFacts,
  output: Pick<RunContext, 'signal' | 'say' | 'redact'>,
) {
  const missing = accessProblem(facts);
  if (missing !== undefined) throw new ReleaseError([missing]);
  const [name, token] = [facts.repository!, facts.token!.secret];
  const clean = redactor([token]);
  const say = (line: string) => output.say(clean(line));
  const { signal } = output;
  return {
    ...{ clean, say, redact: (text: string) => clean(output.redact(text)) },
    github: await connectRepository({ name, token, apiUrl: forge.apiUrl, env, clock, signal, say }),
    workflows: probeCheckout(root).workflows,
  };
}

/** Longer waits between tries are rate limits. */
const LONGEST_BACKOFF_MS = 10_000;

export async function connectRepository(
  access: Pick<RunContext, 'env' | 'signal' | 'say'> & { name: string; token: Secret; apiUrl: string; clock: Clock },
): Promise<GitHubRepository> {
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
