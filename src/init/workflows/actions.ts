import { posix } from 'node:path';
import { KUSTOMIZATION_NAMES } from '../../deploy/proof/repository-paths.js';
import { readYaml } from '../../lib/yaml-value.js';
import { bakeFilesIn, runBake } from './bake.js';
import { inputOf, metadataIn, readBuildPush, readMetadataStep } from './build-push.js';
import { runCommands } from './commands.js';
import { noteCommit, noteTagUpdate, proposePullRequest } from './deploys.js';
import { noteLeft, pathAt } from './findings.js';
import { HARMLESS, PUBLISHES } from './jobs.js';
import { hasPlaceholders } from './placeholders.js';
import { isExpression, isOn, itemsOf, linesOf } from './settings.js';
import type { ActionStep } from './steps.js';
import { asExpression } from './tag-rules.js';

type Reader = (step: ActionStep) => void;

const silent: Reader = () => {};
const counts: Reader = ({ job }) => void (job.did += 1);

/** Actions by name, the first that matches. */
const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/^docker\/build-push-action$/, readBuildPush],
  [/^(?:docker\/metadata-action|crazy-max\/ghaction-docker-meta)$/, readMetadataStep],
  [/^docker\/login-action$/, readLogin],
  [/^docker\/setup-qemu-action$/, readEmulation],
  [/^docker\/setup-buildx-action$/, readBuilderSetup],
  [/^docker\/bake-action$/, readBakeAction],
  [/^docker\/(?:setup-[\w-]+|bake-action\/subaction\/[\w-]+)$/, counts],
  [/^actions\/(?:attest|attest-build-provenance|attest-sbom)$/, readAttest],
  [/^actions\/checkout$/, readCheckout],
  [/^dorny\/paths-filter$/, readPathsFilter],
  [
    /^(?:stefanzweifel\/git-auto-commit-action|endbug\/add-and-commit|ad-m\/github-push-action)$/i,
    readCommit,
  ],
  [/^(?:peter-evans|gr2m)\/create-(?:or-update-)?pull-request(?:-action)?$/, readCommit],
  [/^(?:nick-fields|nick-invision|wandalen)\/(?:wretry\.action|retry)$/i, readCommand],
  [
    /^(?:aws-actions|google-github-actions|azure)\/[\w-]*(?:login|credentials|auth)[\w-]*$/,
    (step) => keepLogin(step, step.uses),
  ],
  [
    /^(?:actions\/(?:cache(?:\/\w+)?|upload-artifact|download-artifact|setup-[\w-]+|create-github-app-token|github-script)|sigstore\/cosign-installer|[\w-]+\/setup-[\w-]+|tibdex\/github-app-token|jlumbroso\/free-disk-space|easimon\/maximize-build-space|step-security\/(?:harden-runner|changed-files)|tj-actions\/changed-files)$/,
    silent,
  ],
];

/** Reads a step that uses an action. @returns whether it is known, and if not, whether its name says that it publishes */
export function readAction(step: ActionStep): 'read' | 'publishes' | 'unknown' {
  const name = step.uses.split('@')[0]!;
  const reader = READERS.find(([pattern]) => pattern.test(name))?.[1] ?? kustomizationWriter(step);
  reader?.(step);
  if (reader !== undefined) return 'read';
  const bare = name.replace(/^(?:docker:\/\/)?[\w.-]+\/(?=.)/, (owner) =>
    /docker|ko-build|depot/.test(owner) ? owner : '',
  );
  return PUBLISHES.test(bare) && !HARMLESS.test(name) ? 'publishes' : 'unknown';
}

/** An action whose inputs name a Kustomization of the repository writes to it. */
function kustomizationWriter({ inputs }: ActionStep): Reader | undefined {
  const words = [...inputs.values()].flatMap((text) => text.split(/[\s"',:]+/));
  const path = words.find((word) => KUSTOMIZATION_NAMES.includes(posix.basename(word)));
  if (path === undefined) return undefined;
  return (step) => {
    const { job, uses, place } = step;
    if (inputOf(step, 'createPR') === 'true') proposePullRequest(job);
    noteTagUpdate(job, { place, by: uses, path: pathAt(inputOf(step, 'workDir') ?? '.', path) });
  };
}

function readLogin(step: ActionStep): void {
  const { logins } = step.job.walk.findings;
  const host = (inputOf(step, 'registry') ?? 'docker.io').replace(/^https?:\/\//, '').split('/')[0]!;
  const [username, password] = [inputOf(step, 'username'), inputOf(step, 'password')];
  step.job.did += 1;
  const isPlain = username !== undefined && step.raw.get('username')?.trim() === username;
  const isWritten = isExpression(password) && (isPlain || isExpression(username));
  if (hasPlaceholders(host) || (!isWritten && host !== 'ghcr.io'))
    keepLogin(step, `${step.uses} to ${asExpression(host)}`);
  if (hasPlaceholders(host) || logins.some((login) => login.host === host)) return;
  logins.push({
    host,
    ...(isWritten && { username: asExpression(username), password: asExpression(password) }),
  });
}

/** Logins that are no user and password stay. */
function keepLogin({ job, place, uses }: ActionStep, what: string): void {
  const { keptLogins } = job.walk.findings;
  const name = uses.split('@')[0]!;
  if (!keptLogins.some((each) => each.startsWith(name)))
    keptLogins.push(`${uses} (${place.file}:${place.line ?? 1})`);
  noteLeft(job.pending, place, what, 'login');
}

/** They make a builder another one than the release would start: https://github.com/docker/setup-buildx-action#inputs */
const BUILDER_INPUTS = [
  'driver',
  'driver-opts',
  'endpoint',
  'append',
  'buildkitd-flags',
  'buildkitd-config',
  'buildkitd-config-inline',
];

function readBuilderSetup(step: ActionStep): void {
  step.job.did += 1;
  const own = BUILDER_INPUTS.filter((name) => ![undefined, 'docker-container'].includes(inputOf(step, name)));
  if (own.length > 0)
    noteLeft(step.job.pending, step.place, `\`${own.join('`, `')}\` of ${step.uses}`, 'builder');
}

/** A release doesn't change the machine that it runs on, so emulation is set up before it. */
function readEmulation({ job, uses }: ActionStep): void {
  job.walk.findings.emulation ??= uses;
  job.did += 1;
}

/** https://github.com/docker/bake-action#inputs */
function readBakeAction(step: ActionStep): void {
  const { job, place, env } = step;
  const below = /^\{\{defaultContext\}\}:(.+)$/.exec(inputOf(step, 'source') ?? '')?.[1];
  const folder = pathAt('.', below ?? inputOf(step, 'workdir') ?? '.');
  const named = itemsOf(inputOf(step, 'files')).filter(
    (file) => !hasPlaceholders(file) && !/^cwd:|:\/\//.test(file),
  );
  const metadata = metadataIn(inputOf(step, 'files') ?? '', step);
  runBake(job, {
    ...{ place, folder, env, set: linesOf(inputOf(step, 'set')), isPushed: isOn(inputOf(step, 'push')) },
    files:
      named.length > 0
        ? named.map((file) => pathAt(folder, file))
        : bakeFilesIn(job.walk.repository.paths, folder),
    targets: itemsOf(inputOf(step, 'targets')),
    ...(metadata !== undefined && { metadata }),
  });
}

function readAttest({ job }: ActionStep): void {
  job.walk.findings.sign ??= 'github';
  job.did += 1;
}

/** A token as an expression, unless it is that of the job, which needs no name. */
function namedToken(text: string | undefined): string | undefined {
  const isNamed = /^\$\{\{ (?!secrets\.GITHUB_TOKEN |github\.token )[\w.-]+ \}\}$/.test(text ?? '');
  return isNamed ? text : undefined;
}

function readCheckout(step: ActionStep): void {
  const { checkouts, walk, pending } = step.job;
  const [folder, ref] = [pathAt('.', inputOf(step, 'path') ?? '.'), inputOf(step, 'ref') ?? ''];
  const repository = inputOf(step, 'repository');
  const isOwn = repository === undefined || repository.toLowerCase() === walk.repository.name?.toLowerCase();
  const asked = ['submodules', 'lfs'].filter((name) => isOwn && isOn(inputOf(step, name)));
  if (asked.length > 0)
    noteLeft(pending, step.place, `\`${asked.join('`, `')}\` of ${step.uses}`, 'checkout');
  const token = namedToken(inputOf(step, 'token'));
  const branch = ref === '' || hasPlaceholders(ref) ? undefined : ref.replace(/^refs\/heads\//, '');
  if (isOwn && folder === '.' && branch === undefined && token === undefined)
    return void checkouts.delete('.');
  checkouts.set(folder, {
    ...(!isOwn && { repository }),
    ...(branch !== undefined && { branch }),
    ...(token !== undefined && { token }),
  });
}

function readCommit(step: ActionStep): void {
  const { job, place } = step;
  if (step.uses.includes('pull-request')) proposePullRequest(job);
  noteCommit(job, place, {
    message: inputOf(step, 'commit_message', 'commit-message', 'message'),
    token: namedToken(inputOf(step, 'token', 'github_token')),
    folder: pathAt('.', inputOf(step, 'repository', 'cwd', 'path') ?? '.'),
  });
}

/** https://github.com/dorny/paths-filter#outputs: `changes` lists the filters. A release compares by itself, so all count. */
function readPathsFilter(step: ActionStep): void {
  const text = inputOf(step, 'filters') ?? '';
  const file = step.job.walk.repository.files.find(({ path }) => path === text);
  const [filters] = readYaml(file ?? { path: step.place.file, text });
  if (filters !== undefined)
    step.outputs.set('changes', JSON.stringify(filters.entries().map(({ name }) => name)));
}

function readCommand(step: ActionStep): void {
  const { job, env, place } = step;
  runCommands(inputOf(step, 'command') ?? '', job, { place, folder: '.', env });
}
