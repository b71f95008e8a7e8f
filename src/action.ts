import { existsSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as core from '@actions/core';
import { printProgress } from './builders/progress-lines.js';
import { overrideChoice } from './config/builder-settings.js';
import type { Config } from './config/config.js';
import { findConfig } from './config/find.js';
import { readInputs, type Inputs } from './config/inputs.js';
import { loadConfig } from './config/load.js';
import { loginHost } from './plan/references.js';
import type { DeployTarget } from './deploy/target.js';
import { createGitTarget, type GitTargetSpec } from './deploy/targets/git/git.js';
import { createGitHubTarget } from './deploy/targets/github/github.js';
import { openCheckout } from './deploy/targets/git/checkout.js';
import { createGitHubAncestry } from './deploy/targets/github/history.js';
import { isGitUrl, ownerAndRepo, tokenCredentials, tokensOf } from './deploy/targets/repository-name.js';
import { probeCacheService, readCacheAccess, type CacheAccess } from './facts/actions-cache.js';
import { loadBakeImages } from './facts/bake-file.js';
import { readBuildSecrets } from './facts/build-files.js';
import { objectionToCommit } from './facts/commit-claim.js';
import { checkedOutCommit } from './facts/git-source.js';
import { commitsOfEvent, sourceFromGithub } from './facts/github-event.js';
import { nativePlatform } from './facts/machine.js';
import type { Source } from './facts/source.js';
import { surviveBrokenPipes } from './lib/broken-pipe.js';
import { cancelOnSignals } from './lib/cancel.js';
import { failure } from './lib/errors.js';
import { inertLog, plainText } from './lib/foreign-text.js';
import { createHttpClient, proxyOf } from './lib/http.js';
import { childEnvironment, run as runProcess } from './lib/process.js';
import { redactor, type Secret } from './lib/secret.js';
import { sleep } from './lib/sleep.js';
import { exitCodeOf, failedReport, SUPERSEDED, problemsIn, type Report } from './report/report.js';
import { mergePlatforms } from './merge-platforms.js';
import { promote } from './promote.js';
import { release, rollOut } from './release.js';
import type { RunRequest } from './dependencies.js';
import { renderAnnotations } from './report/annotations.js';
import { renderOutputs, renderRunResult } from './report/outputs.js';
import { renderSummary } from './report/summary/summary.js';
import { plainStyle, renderReport } from './report/terminal.js';
import { connectDependencies } from './app/connect.js';
import { connectOctokit } from './github/octokit.js';
import type { Leftover, RunContext } from './app/run-context.js';
import { signingIn } from './app/signing.js';
import { USER_AGENT } from './version.js';

async function main(): Promise<void> {
  const leftovers: Leftover[] = [];
  const cancellation = cancelOnSignals(() => {
    for (const leftover of leftovers)
      if ('dockerConfig' in leftover) rmSync(leftover.dockerConfig, { recursive: true, force: true });
  });
  const secrets: Secret[] = [];
  const report = await run(secrets, leftovers, cancellation.signal).catch(failedReport);
  // A signal that comes now changes nothing any more: the report must reach its readers whole.
  await present(report, redactor(secrets));
}

async function run(secrets: Secret[], leftovers: Leftover[], signal: AbortSignal): Promise<Report> {
  const env = process.env;
  const root = env['GITHUB_WORKSPACE'] || process.cwd();
  const inputs = readInputs((name) => core.getInput(name, { trimWhitespace: false }));
  secrets.push(...[inputs.token, inputs.deployToken, inputs.registryPassword].flatMap((secret) => secret ?? []));
  const childEnv = trustingCheckout(childEnvironment(env), root);
  const written = loadConfig(await findConfig(inputs.config, root));
  const bake = { config: written, root, env: childEnv, run: runProcess, signal };
  const { config: loaded, problems: notices } = await loadBakeImages(bake);
  const config: Config = { ...loaded, builder: overrideChoice(loaded.builder, inputs.builder) };
  secrets.push(...readBuildSecrets([...config.images, ...config.helpers], root, env));
  for (const secret of secrets) core.setSecret(secret.reveal());

  const { commit, time } = await checkedOutCommit({ cwd: root, env: childEnv });
  const event = env['GITHUB_EVENT_PATH'];
  const payload: unknown = event && existsSync(event) ? JSON.parse(readFileSync(event, 'utf8')) : {};
  const started = { env, payload };
  const now = Math.floor(Date.now() / 1000);
  const source = sourceFromGithub({ ...started, commit, commitTime: time, now });
  source.unconfirmed = await objectionToCommit({
    source,
    named: commitsOfEvent(started),
    checkout: { cwd: root, env: childEnv },
    openForge: () => openForge(inputs, source, env),
  });
  const redact = redactor(secrets);
  const temp = env['RUNNER_TEMP'] || tmpdir();
  const runContext: RunContext = {
    root,
    source,
    uncommitted: [],
    environment: { kind: 'actions', ...(await cacheAccess(config, env, signal)) },
    cacheProgram: [process.execPath, fileURLToPath(new URL('actions-cache.js', import.meta.url))],
    platform: nativePlatform(process.arch),
    env: childEnv,
    home: homedir(),
    temp,
    logins: loginsFor(config, inputs, source),
    ...(await targetOpeners(inputs, source, config, {
      checkout: root,
      env: childEnv,
      temporaryFolder: temp,
    })),
    signing: { purpose: 'sign', ...signingIn(env), token: inputs.token },
    registryCheck: 'registry',
    request: inputs,
    forge: {
      serverUrl: env['GITHUB_SERVER_URL'] || 'https://github.com',
      apiUrl: apiUrlIn(env),
    },
    uid: process.getuid?.(),
    userAgent: USER_AGENT,
    signal,
    onProgress: printProgress((line) => core.info(inertLog(redact(line)))),
    onEvent: () => {},
    say: (line) => core.info(inertLog(redact(line))),
    redact,
    onLeftover(leftover) {
      leftovers.push(leftover);
      // For the post step, if this one is killed.
      core.saveState('leftovers', leftovers);
    },
  };
  const until = inputs.dryRun ? 'preflight' : 'deploy';
  const run: RunRequest = { config, request: inputs, until, notices, waitMs: inputs.waitMs };
  const deps = await connectDependencies(runContext, config);
  try {
    const { published, promote: from, channel: to } = inputs;
    if (from !== undefined && to !== undefined) return await promote(run, { from, to }, deps);
    if (published === undefined) return await release({ ...run, compare: 'published' }, deps);
    return published.type === 'parts'
      ? await mergePlatforms(run, published.parts, deps)
      : await rollOut(run, published.images, deps);
  } finally {
    await deps.close();
  }
}

async function cacheAccess({ cache }: Config, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<CacheAccess> {
  if (cache.type === 'none' || cache.type === 'registry') return readCacheAccess(env);
  const options = { userAgent: USER_AGENT, silenceMs: CACHE_ANSWER_MS, maxSockets: 1, proxy: proxyOf(env) };
  const http = createHttpClient(options);
  try {
    return await probeCacheService(env, http, signal);
  } finally {
    http.close();
  }
}

const CACHE_ANSWER_MS = 10_000;

/**
 * In a container job the checkout belongs to another user, and git refuses it (`safe.directory`): buildx would
 * then leave repository and commit out of the provenance without a word.
 */
function trustingCheckout(env: NodeJS.ProcessEnv, root: string): NodeJS.ProcessEnv {
  const count = Number(env['GIT_CONFIG_COUNT'] || 0);
  return {
    ...env,
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: 'safe.directory',
    [`GIT_CONFIG_VALUE_${count}`]: root,
  };
}

/** ghcr.io takes the job's own token; another registry only what was given for it. */
function loginsFor(config: Config, inputs: Inputs, source: Source): RunContext['logins'] {
  const host = loginHost(config);
  const username = inputs.registryUsername ?? source.repository?.split('/')[0] ?? 'x-access-token';
  const password = inputs.registryPassword ?? (host === 'ghcr.io' ? inputs.token : undefined);
  return host === undefined || password === undefined ? [] : [{ host, username, password }];
}

const apiUrlIn = (env: NodeJS.ProcessEnv) => env['GITHUB_API_URL'] || 'https://api.github.com';

/** The client of the GitHub API is loaded only where something is deployed. */
async function targetOpeners(
  inputs: Inputs,
  source: Source,
  config: Config,
  place: Pick<GitTargetSpec, 'checkout' | 'temporaryFolder'> & { env: NodeJS.ProcessEnv },
): Promise<Pick<RunContext, 'openTarget' | 'openHistory'>> {
  const tokens = tokensOf(inputs, config.deploy, source.repository);
  if (config.deploy.length === 0 || tokens.own === undefined || tokens.other === undefined)
    return { openTarget: refuseTarget, openHistory: refuseTarget };
  const connect = await connectOctokit(apiUrlIn(place.env), place.env);
  const [ours, others] = [connect(tokens.own), connect(tokens.other)];
  const own = ownerAndRepo(source.repository ?? '');
  const checkout = openCheckout(place.checkout, place.env);
  return {
    openTarget({ repository, branch }, clockwork) {
      if (repository === undefined) return createGitHubTarget({ octokit: ours, ...own, branch, clockwork, checkout });
      if (!isGitUrl(repository)) {
        return createGitHubTarget({ octokit: others, ...ownerAndRepo(repository), branch, clockwork });
      }
      // The job's own token is for GitHub alone.
      const login = tokenCredentials(inputs.deployToken);
      return createGitTarget({ ...place, ...login, remote: repository, branch, clockwork });
    },
    openHistory: (clockwork) => ({
      ...createGitHubAncestry({ octokit: ours, ...own, clockwork, checkout }),
      async close() {},
    }),
  };
}

async function openForge({ token }: Inputs, { repository }: Source, env: NodeJS.ProcessEnv) {
  if (token === undefined || repository === undefined) return undefined;
  const connect = await connectOctokit(apiUrlIn(env), env);
  const clockwork = { sleep, random: Math.random };
  return createGitHubAncestry({ octokit: connect(token), ...ownerAndRepo(repository), clockwork });
}

function refuseTarget(): DeployTarget {
  throw failure({
    code: 'input/invalid',
    message: 'The input "token" is empty, and the deploy commit needs one.',
    fix: "Leave it out to use the job's own token, or give one with `contents: write`.",
  });
}

async function present(report: Report, redact: (text: string) => string): Promise<void> {
  for (const line of renderAnnotations([...problemsIn(report), ...report.warnings]))
    process.stdout.write(`${redact(line)}\n`);
  core.info(inertLog(redact(renderReport(report, plainStyle))));
  for (const line of renderRunResult(report)) process.stdout.write(`${redact(line)}\n`);
  for (const [name, value] of Object.entries(renderOutputs(report))) core.setOutput(name, redact(value));
  if (process.env['GITHUB_STEP_SUMMARY']) await core.summary.addRaw(plainText(redact(renderSummary(report)))).write();
  // A newer deployed release is no failure of this run.
  const code = exitCodeOf(report);
  process.exitCode = report.outcome.status !== 'failed' && code === SUPERSEDED ? 0 : code;
}

surviveBrokenPipes([process.stdout, process.stderr]);
await main();
