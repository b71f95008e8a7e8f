import { isToken, NO_TOKEN, readInputs, TOKEN_FIX, type Inputs } from '../config/inputs.js';
import type { InputName } from '../config/inputs.generated.js';
import type { Rollout } from '../deploy/target.js';
import type { Source } from '../facts/source.js';
import { failure, throwProblems, type Problem } from '../lib/errors.js';
import { Secret } from '../lib/secret.js';
import { parseReference } from '../plan/references.js';
import type { ReleaseRequest } from '../plan/plan.js';
import type { Promotion } from '../promote.js';
import type { RunRequest, ReleaseRunRequest } from '../dependencies.js';
import type { CommandInvocation } from './arguments.js';
import { usageError } from './usage.js';

/** Everything that a command line and its environment request. */
export interface CliRequest extends Pick<Inputs, 'config' | 'waitMs' | 'token' | 'deployToken'> {
  request: ReleaseRequest;
  until: RunRequest['until'];
  compare: ReleaseRunRequest['compare'];
  promotion?: Promotion;
  username?: string;
  password?: Secret;
  registryCheck: 'registry' | 'none';
  /** File with the trusted root for signatures. */
  trustedRoot?: string;
  /** Revision and run that images published elsewhere come from. */
  source?: string;
  run?: Source['run'];
}

/**
 * Reads options and environment of the commands that read the configuration.
 * @throws ReleaseError `input/*`, `usage/*`
 */
export function readRequest(invocation: CommandInvocation, env: NodeJS.ProcessEnv): CliRequest {
  const { command, options } = invocation;
  if (command === 'deploy') refuseArguments(invocation);
  if (command === 'promote' && !(options.has('from') && options.has('to')))
    throw usageError(
      'promote needs two channels.',
      'Name them: `image-release promote --from staging --to production`.',
    );
  const inputs = readInputs(
    (name) => inputText(name, invocation),
    (name) => (name === 'images' ? 'KEY' : `--${optionOf(name, command)}`),
  );
  const deploy = { build: 'false', release: inputs.deploy, plan: inputs.deploy } as const;
  const password = env['IMAGE_RELEASE_REGISTRY_PASSWORD'];
  const username = inputs.registryUsername ?? env['IMAGE_RELEASE_REGISTRY_USERNAME'];
  if (options.has('registry-username') && !password) {
    const fix = 'Set IMAGE_RELEASE_REGISTRY_PASSWORD. The command line takes no passwords.';
    throw usageError('--registry-username needs a password.', fix);
  }
  return {
    config: inputs.config,
    request: { ...inputs, deploy: deploy[command as keyof typeof deploy] ?? 'true' },
    until: command === 'plan' ? 'plan' : options.has('dry-run') ? 'preflight' : 'deploy',
    compare: options.has('offline') ? 'offline' : 'published',
    ...(inputs.promote !== undefined && { promotion: { from: inputs.promote, to: inputs.channel! } }),
    waitMs: inputs.waitMs,
    token: readToken(env, 'GITHUB_TOKEN') ?? readToken(env, 'GH_TOKEN'),
    deployToken: readToken(env, 'IMAGE_RELEASE_DEPLOY_TOKEN'),
    username,
    password: password ? new Secret(password) : undefined,
    trustedRoot: options.text('trusted-root'),
    registryCheck: options.has('no-registry-check') ? 'none' : 'registry',
    source: options.text('source'),
    run: readRun(options.text('run')),
  };
}

function readToken(env: NodeJS.ProcessEnv, name: string): Secret | undefined {
  const text = env[name]?.trim();
  const secret = text ? new Secret(text) : undefined;
  if (secret === undefined || isToken(secret)) return secret;
  throw failure({ code: 'input/invalid', message: `${name} ${NO_TOKEN}`, fix: TOKEN_FIX });
}

/** A switch has the value `true`. */
function inputText(name: InputName, { command, options, words }: CommandInvocation): string {
  if (name === 'images') return words.join(',');
  return name === 'extra-tags' ? options.list('tag').join(',') : (options.text(optionOf(name, command)) ?? '');
}

function optionOf(name: InputName, command: CommandInvocation['command']): string {
  if (command !== 'promote') return name;
  return { promote: 'from', channel: 'to' }[name as string] ?? name;
}

/**
 * Reads `--image KEY=REF:TAG[@DIGEST]` of `deploy`.
 * @throws ReleaseError `usage/invalid` with all of them
 */
export function readRollouts({ options }: CommandInvocation): Rollout[] {
  const given = options.list('image');
  if (given.length === 0) {
    const fix = 'Add `--image KEY=REF:TAG[@DIGEST]` for each image.';
    throw usageError('deploy needs at least one --image.', fix);
  }
  const problems: Problem[] = [];
  const rollouts = given.flatMap((text) => {
    const [, key, reference] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    const parsed = reference === undefined ? undefined : parseReference(reference);
    if (key === undefined || parsed?.tag === undefined) {
      const lack = parsed === undefined ? '' : ' without a tag';
      const message = `Expected \`--image KEY=REF:TAG[@DIGEST]\`, got \`${text}\`${lack}.`;
      problems.push(
        ...usageError(message, 'Write, for example, `--image api=ghcr.io/acme/api:main-1a2b3c4`.').problems,
      );
      return [];
    }
    return [{ key, image: parsed.name, releaseTag: parsed.tag, digest: parsed.digest }];
  });
  const twice = rollouts.find(({ key }, index) => rollouts.findIndex((other) => other.key === key) !== index);
  if (twice !== undefined)
    problems.push(...usageError(`--image names ${twice.key} twice.`, 'Remove one of them.').problems);
  throwProblems(problems);
  return rollouts;
}

function readRun(text: string | undefined): Source['run'] {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return { id: text, number: Number(text), attempt: 1, url: '' };
  const fix = 'Use the ID of the run that published the images.';
  throw usageError(`Expected a number after \`--run\`, got \`${text}\`.`, fix);
}

/** @throws ReleaseError `usage/invalid` if a command without arguments gets one */
export function refuseArguments({ command, words }: Pick<CommandInvocation, 'command' | 'words'>): void {
  if (words.length === 0) return;
  const message = `${command} takes no arguments, got \`${words.join(' ')}\`.`;
  throw usageError(message, `See \`image-release ${command} --help\`.`);
}
