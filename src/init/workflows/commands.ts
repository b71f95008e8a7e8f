import { posix } from 'node:path';
import { KUSTOMIZATION_NAMES } from '../../deploy/kustomization/location.js';
import type { Place } from '../../lib/errors.js';
import type { FoundUpdate } from '../found.js';
import { readDocker } from './docker.js';
import { runnerVariables } from './events.js';
import { isInside, noteLeft, noteUpdate, pathAt, publishedIn } from './findings.js';
import type { Job } from './jobs.js';
import { hasPlaceholders } from './placeholders.js';
import { Script, type Call } from './shell.js';

export interface Command extends Call, Omit<Context, 'folder' | 'filled'> {}

const COMPUTES =
  /^(?:echo|printf|true|:|set|cd|pwd|ls|cat|tr|cut|sed|awk|grep|head|tail|sort|jq|yq|basename|dirname|date|test|\[|exit|return|mkdir|touch|tee|shift|read|sleep|git|wc|uname|env|export|docker|rm|mv)$/;

const [OUTPUT, ENVIRONMENT] = ['/github/output', '/github/env'];

interface Context {
  job: Job;
  place: Place;
  folder: string;
  env: ReadonlyMap<string, string>;
  filled?: string[];
}

/** @returns outputs and variables that it sets, and whether it does nothing else */
export function runCommands(
  text: string,
  context: Context,
  variables = variablesFor(context),
  onScript: (command: Command) => void = callScript,
) {
  const { job, place, folder, env, filled = [] } = context;
  let computes = true;
  const script = new Script(variables, folder, job.walk.event, (call) => {
    computes &&= COMPUTES.test(call.words[0]!);
    const at = { file: place.file, line: (place.line ?? 1) + call.line };
    const inner = { ...call, filled: [...call.filled, ...filled], job, env, place: at };
    if (readCall(inner) === 'script') onScript(inner);
  });
  script.read(text);
  return {
    outputs: outputsIn(script.files.get(OUTPUT)),
    exported: outputsIn(script.files.get(ENVIRONMENT)),
    computes,
  };
}

function variablesFor({ job, env }: Pick<Context, 'job' | 'env'>): Map<string, string> {
  const variables = new Map([...runnerVariables(job.walk.event), ...job.scope.exported, ...env]);
  return variables.set('GITHUB_OUTPUT', OUTPUT).set('GITHUB_ENV', ENVIRONMENT);
}

/** `name=value`, or `name<<END` and lines up to that word: https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
function outputsIn(written = ''): (readonly [string, string])[] {
  const all = written.matchAll(/^([\w-]+)(?:<<(.+)\n([^]*?)\n?\2$|=(.*)$)/gm);
  return [...all].map(([, name, , lines, value]) => [name!, lines ?? value ?? ''] as const);
}

/** Programs that run builds, publish or deploy and that are not read. */
const OTHERS =
  /^(?:make|task|just|mage|npm|yarn|pnpm|bun|npx|nx|turbo|lerna|bazel|earthly|skaffold|helmfile|ko|goreleaser|pack|gradle|gradlew|mvn|mvnw|sbt|dotnet|python3?|node|ansible-playbook|terraform|argocd|crane|skopeo|regctl|buildah|executor|werf|gh|curl|aws|gcloud|az)$/;
const CONCERNS =
  /docker|image|container|deploy|\bpush\b|dispatches|jib|kaniko|^(?:ko|pack|crane|skopeo|regctl|buildah|executor|helmfile|werf) |skaffold (?:run|build)|workflow run|app sync/i;
const UNCONCERNED =
  /configure-docker|get-credentials|login|config set|generate|release (?:create|upload)|lint|test|scan|inspect|list/i;
const WRAPPERS = /^(?:sudo|exec|time|env|command|retry|nice|timeout|nohup|!|\w+=.*|-\w|\d+[smh]?)$/;

/** The command without `sudo`, `env A=b` and the like. */
function unwrapped({ words }: Command): { name: string; program: string; args: string[] } {
  const start = words.findIndex((word, index) => index === words.length - 1 || !WRAPPERS.test(word));
  const [program = '', ...args] = words.slice(start);
  return { name: posix.basename(program), program, args };
}

/** @returns `script` for a program that may be a script of the repository */
function readCall(command: Command): 'read' | 'script' {
  const { job, place, folder } = command;
  const { name, args } = unwrapped(command);
  const inner = { ...command, words: args };
  if (/^(?:docker|podman|nerdctl)$/.test(name)) readDocker(inner, name);
  else if (name === 'docker-compose') readDocker({ ...inner, words: ['compose', ...args] }, 'docker');
  else if (name === 'kustomize' && /^edit set image/.test(args.join(' ')))
    noteTagUpdate(job, { place, by: 'kustomize edit set image', path: folder });
  else if (name === 'kubectl' || name === 'helm') readCluster(inner, name);
  else if (/^(?:sed|yq)$/.test(name) && args.some((word) => /^-\w*i|^--in-?place/.test(word))) {
    for (const word of args.filter((each) => KUSTOMIZATION_NAMES.includes(posix.basename(each))))
      noteTagUpdate(job, { place, by: `${name} -i`, path: pathAt(folder, word) });
  } else if (name === 'git') readGit(inner);
  else if (name === 'cosign' && /^(?:sign|attest)$/.test(args[0] ?? '')) job.walk.findings.sign = 'cosign';
  else if (name === 'gh' && args[0] === 'pr' && args[1] === 'create') proposePullRequest(job);
  else return 'script';
  return 'read';
}

export function isScript(path: string, text = ''): boolean {
  return /\.(?:sh|bash)$/.test(path) || /^#!.*\b(?:ba|da|k|z)?sh\b/.test(text);
}

/** Reads `./scripts/build.sh api` and `bash build.sh`; what they call is reported. */
function callScript(command: Command): void {
  const { folder, job, env, filled } = command;
  const { program, args } = unwrapped(command);
  const { repository, findings } = job.walk;
  const isShell = /^(?:ba)?sh$/.test(program);
  const [file = '', ...given] = isShell ? args.filter((word) => !/^-[a-z]+$/.test(word)) : [program, ...args];
  const path = pathAt(folder, file);
  const script = repository.files.find((each) => each.path === path);
  if (script === undefined || !isScript(path, script.text)) return noteOther(command);
  const before = { did: job.did, published: publishedIn(findings) };
  const variables = variablesFor({ job, env });
  for (const [index, word] of given.entries()) variables.set(String(index + 1), word);
  runCommands(script.text, { ...{ job, env, folder, filled }, place: { file: path, line: 1 } }, variables, noteOther);
  if (publishedIn(findings) > before.published) findings.followed.push(path);
  if (job.did === before.did) noteOther(command);
}

function noteOther(command: Command): void {
  const { name, program, args } = unwrapped(command);
  const text = [name, ...args].join(' ').replace(/\$\{\{ (\$.*?) \}\}/g, '$1');
  if ((OTHERS.test(name) || isScript(program)) && CONCERNS.test(text) && !UNCONCERNED.test(text))
    noteLeft(command.job.walk.findings.left, command.place, `\`${text.slice(0, 60)}\``, 'unread');
}

function readCluster({ words, job, place }: Command, program: string): void {
  const verbs = words.filter((word) => !word.startsWith('-')).join(' ');
  if (!/^(?:set image|apply|rollout|replace|patch|upgrade|install)/.test(verbs)) return;
  const shown = [program, ...words.slice(0, 3)].map((word) => (hasPlaceholders(word) ? '…' : word)).join(' ');
  noteLeft(job.walk.findings.left, place, `\`${shown}\``, 'cluster');
}

function readGit({ words: all, folder: at, job, place }: Command): void {
  const isElsewhere = all[0] === '-C';
  const [verb = '', ...words] = isElsewhere ? all.slice(2) : all;
  const folder = isElsewhere ? pathAt(at, all[1] ?? '.') : at;
  const plain = words.filter((word) => !word.startsWith('-'));
  if (verb === 'clone') {
    const option = words.findIndex((word) => /^(?:-b|--branch)$/.test(word));
    const branch = option < 0 ? undefined : words[option + 1];
    const [url = '', into = posix.basename(url, '.git')] = plain.filter(
      (word) => word !== branch && !/^\d+$/.test(word),
    );
    const repository = /[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(url)?.[1];
    const token = /(\$\{\{ secrets\.\w+ \}\})@/.exec(url)?.[1];
    job.checkouts.set(pathAt(folder, into), { repository, branch, token });
  } else if (verb === 'push' && !words.includes('--tags')) {
    const branch = /^(?:HEAD|[\w./-]+):(?:refs\/heads\/)?([^$]+)$/.exec(plain.at(-1) ?? '')?.[1];
    noteCommit(job, place, folder, { branch });
  }
}

/** Updates that this file's commands and actions made. */
const updatesOf = ({ walk }: Job) => walk.findings.updates.filter(({ place }) => place.file === walk.file);

/** A tag that is written into a Kustomization. @param path of it or of its folder */
function noteTagUpdate(job: Job, { place, by, path }: { place: Place; by: string; path: string }): void {
  const { repository, findings, event } = job.walk;
  const [root, checkout = job.checkouts.get('.')] =
    [...job.checkouts].find(([each]) => each !== '.' && `${path}/`.startsWith(`${each}/`)) ?? [];
  const at = root === undefined ? path : posix.relative(root, path);
  const isFile = KUSTOMIZATION_NAMES.includes(posix.basename(at));
  const known = isFile ? [at] : KUSTOMIZATION_NAMES.map((each) => posix.join(at, each));
  // Another repository can't be looked at.
  const isElsewhere = checkout?.repository !== undefined;
  const file = isElsewhere ? known[0] : known.find((each) => repository.paths.includes(each));
  const shown = hasPlaceholders(at) ? 'a folder that only a run knows' : at;
  if (file === undefined || !isInside(file)) return noteLeft(findings.left, place, `\`${by}\` in ${shown}`, 'commits');
  job.did += 1;
  noteUpdate(findings, { ...checkout, place, by, kustomization: file, mode: job.mode, events: [event.kind] });
}

export function proposePullRequest(job: Job): void {
  job.mode = 'pull-request';
  for (const update of updatesOf(job)) update.mode = 'pull-request';
}

/** The result of a commit or push for the updates before it; one to another repository that is no such update is reported. */
export function noteCommit(job: Job, place: Place, folder: string, { token, branch }: Partial<FoundUpdate>): void {
  const updates = updatesOf(job);
  for (const update of updates) {
    update.token ??= token;
    update.branch ??= branch;
  }
  const [, checkout] = [...job.checkouts].find(([path]) => path !== '.' && `${folder}/`.startsWith(`${path}/`)) ?? [];
  const { repository } = checkout ?? job.checkouts.get('.') ?? {};
  if (repository !== undefined && !updates.some((update) => update.repository === repository))
    noteLeft(job.walk.findings.left, place, `the commit to ${repository}`, 'commits');
}
