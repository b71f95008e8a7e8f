import type { Place } from '../../lib/errors.js';
import { parseFlavor } from '../../plan/tag-rules.js';
import { isOn, itemsOf, keepLogin, linesOf, metadataIn, noteLogin, readBuild, readPair, recordOf } from './builds.js';
import { defaultFiles, runBake } from './docker.js';
import { noteCommit, proposePullRequest, runCommands } from './commands.js';
import { noteLeft, pathAt, type Metadata } from './findings.js';
import { HARMLESS, PUBLISHES, type Job, type Texts } from './jobs.js';
import { hasPlaceholders, placeholder } from './placeholders.js';

/** A step that uses an action, its inputs filled in as far as they are known. */
export interface ActionStep {
  place: Place;
  id: string;
  uses: string;
  inputs: ReadonlyMap<string, string>;
  /** The same without values of scripts: for texts that are written into a file. */
  written: ReadonlyMap<string, string>;
  env: Texts;
  job: Job;
  outputs: Texts;
}

const READERS: readonly (readonly [RegExp, (step: ActionStep) => void])[] = [
  [/^docker\/build-push-action$/, readBuildPush],
  [/^(?:docker\/metadata-action|crazy-max\/ghaction-docker-meta)$/, readMetadata],
  [/^docker\/login-action$/, readLogin],
  // A release doesn't change the machine that it runs on, so emulation is set up before it.
  [/^docker\/setup-qemu-action$/, ({ job, uses }) => void (job.walk.findings.emulation ??= uses)],
  [/^docker\/setup-buildx-action$/, readBuilder],
  [/^docker\/bake-action$/, readBake],
  [/^docker\/(?:setup-[\w-]+|bake-action\/subaction\/[\w-]+)$/, () => {}],
  [
    /^actions\/(?:attest|attest-build-provenance|attest-sbom)$/,
    ({ job }) => void (job.walk.findings.sign ??= 'github'),
  ],
  [/^actions\/checkout$/, readCheckout],
  [
    /^(?:stefanzweifel\/git-auto-commit-action|endbug\/add-and-commit|ad-m\/github-push-action|(?:peter-evans|gr2m)\/create-(?:or-update-)?pull-request(?:-action)?)$/i,
    readCommit,
  ],
  [
    /^(?:(?:nick-fields|nick-invision|wandalen)\/(?:wretry\.action|retry)|mikefarah\/yq)$/i,
    (step) => void runCommands(inputOf(step, 'command', 'cmd') ?? '', { ...step, folder: '.' }),
  ],
  [
    /^(?:aws-actions|google-github-actions|azure)\/[\w-]*(?:login|credentials|auth)[\w-]*$/,
    ({ job, place, uses }) => keepLogin(job, place, { by: uses, what: uses }),
  ],
  [
    /^(?:actions\/(?:cache(?:\/\w+)?|upload-artifact|download-artifact|setup-[\w-]+|create-github-app-token|github-script)|sigstore\/cosign-installer|dorny\/paths-filter|[\w-]+\/setup-[\w-]+|tibdex\/github-app-token|jlumbroso\/free-disk-space|easimon\/maximize-build-space|step-security\/(?:harden-runner|changed-files)|tj-actions\/changed-files)$/,
    () => {},
  ],
];

function inputOf({ inputs }: ActionStep, ...names: string[]): string | undefined {
  return names.map((name) => inputs.get(name)?.trim()).find((text) => text);
}

/** Reads a step that uses an action. @returns whether it is known, and if not, whether its name says that it publishes */
export function readAction(step: ActionStep): 'read' | 'publishes' | 'unknown' {
  const name = step.uses.split('@')[0]!;
  const reader = READERS.find(([pattern]) => pattern.test(name))?.[1];
  reader?.(step);
  if (reader !== undefined && /docker|^actions\/attest/.test(name)) step.job.did += 1;
  if (reader !== undefined) return 'read';
  // Its inputs name what it writes to.
  if ([...step.inputs.values()].some((text) => /(?:^|[\s/'"])kustomization(?:\.ya?ml)?\b/.test(text)))
    return 'publishes';
  const bare = name.replace(/^(?![\w.-]*(?:docker|ko-build|depot))[\w.-]+\/(?=.)/, '');
  return PUBLISHES.test(bare) && !HARMLESS.test(name) ? 'publishes' : 'unknown';
}

function readBuildPush({ job, place, uses, id, inputs, written, env, outputs }: ActionStep): void {
  outputs.set('digest', placeholder('steps.build.outputs.digest'));
  const build = readBuild({ job, place, by: uses, folder: '.', values: inputs, written, env });
  if (build !== undefined && id !== '') build.key = id;
}

/** The rules of docker/metadata-action without `tags`: https://github.com/docker/metadata-action#tags-input */
const DEFAULT_RULES = ['type=schedule', 'type=ref,event=branch', 'type=ref,event=tag', 'type=ref,event=pr'];
const OUTPUTS = 'tags labels annotations version json bake-file bake-file-tags bake-file-labels tag-names';

function readMetadata(step: ActionStep): void {
  const { job, place, id, written } = step;
  const [rules, flavor] = [linesOf(inputOf(step, 'tags')), linesOf(inputOf(step, 'flavor'))];
  const isKnown = (line: string) => !hasPlaceholders(line) && parseFlavor([line]).invalid.size === 0;
  if (!flavor.every(isKnown)) noteLeft(job.pending, place, `the flavor of \`${id}\``, 'tag');
  const into = { place, left: job.pending };
  const made: Metadata = {
    ...{ id, rules: rules.length > 0 ? rules : DEFAULT_RULES },
    images: linesOf(inputOf(step, 'images')).flatMap(imagesIn),
    labels: recordOf(written.get('labels'), 'label', into),
    annotations: recordOf(written.get('annotations'), 'annotation', into),
    flavor: flavor.filter((line) => isKnown(line) && !/^latest=auto$|=$/.test(line)),
  };
  const at = job.walk.metadata.push(made) - 1;
  for (const output of OUTPUTS.split(' ')) step.outputs.set(output, placeholder(`metadata ${at} ${output} of ${id}`));
}

/** `ghcr.io/acme/api,acme/api`, or `name=ghcr.io/acme/api,enable=true`: https://github.com/docker/metadata-action#images-input */
function imagesIn(line: string): string[] {
  const fields = new Map(itemsOf(line).map(readPair));
  const bare = [...fields.keys()].filter((name) => fields.get(name) === undefined);
  return isOn(fields.get('enable') ?? 'true') ? [fields.get('name') ?? [], bare].flat() : [];
}

function readLogin(step: ActionStep): void {
  const { job, place, uses, written } = step;
  const [username, password] = [written.get('username')?.trim(), inputOf(step, 'password')];
  const isPlain = username !== undefined && !hasPlaceholders(username);
  noteLogin(job, { place, by: uses, host: inputOf(step, 'registry') ?? 'docker.io', username, password, isPlain });
}

/** Inputs that make a builder unlike the one of a release: https://github.com/docker/setup-buildx-action#inputs */
const BUILDER_INPUTS = /^(?:driver|driver-opts|endpoint|append|buildkitd-[\w-]+)$/;

function readBuilder({ job, place, uses, inputs }: ActionStep): void {
  const own = [...inputs].filter(
    ([name, text]) => BUILDER_INPUTS.test(name) && !['', 'docker-container'].includes(text),
  );
  for (const [name] of own) noteLeft(job.pending, place, `\`${name}\` of ${uses}`, 'before');
}

/** https://github.com/docker/bake-action#inputs */
function readBake(step: ActionStep): void {
  const { job, place, env } = step;
  const below = /^\{\{defaultContext\}\}:(.+)$/.exec(inputOf(step, 'source') ?? '')?.[1];
  const folder = pathAt('.', below ?? inputOf(step, 'workdir') ?? '.');
  const files = inputOf(step, 'files') ?? '';
  const isFile = (file: string) => !hasPlaceholders(file) && !/^cwd:|:\/\//.test(file);
  const named = itemsOf(files).flatMap((file) => (isFile(file) ? pathAt(folder, file) : []));
  const metadata = metadataIn(files, job.walk.metadata);
  runBake(job, {
    ...{ place, folder, env, set: linesOf(inputOf(step, 'set')), isPushed: isOn(inputOf(step, 'push')) },
    files: named.length > 0 ? named : defaultFiles(job.walk.repository.paths, folder, 'bake'),
    targets: itemsOf(inputOf(step, 'targets')),
    metadata,
  });
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
  if (asked.length > 0) noteLeft(pending, step.place, `\`${asked.join('`, `')}\` of ${step.uses}`, 'checkout');
  const token = namedToken(inputOf(step, 'token'));
  const branch = ref === '' || hasPlaceholders(ref) ? undefined : ref.replace(/^refs\/heads\//, '');
  if (isOwn && folder === '.' && branch === undefined && token === undefined) return void checkouts.delete('.');
  checkouts.set(folder, { repository: isOwn ? undefined : repository, branch, token });
}

function readCommit(step: ActionStep): void {
  const { job, place } = step;
  if (step.uses.includes('pull-request')) proposePullRequest(job);
  const folder = pathAt('.', inputOf(step, 'repository', 'cwd', 'path') ?? '.');
  noteCommit(job, place, folder, { token: namedToken(inputOf(step, 'token', 'github_token')) });
}
