import { followIn } from '../commands/commands.js';
import { commitWith, proposePullRequest } from '../commands/deploy.js';
import { noteTagUpdate } from '../commands/kustomizations.js';
import { namedToken, type Command } from '../commands/session.js';
import { LOGIN, noteReplaced } from '../findings.js';
import { hasHoles, hole } from '../holes.js';
import { pathAt } from '../paths.js';
import { keepingAll } from '../shell/assignments.js';
import { noteLoginOf, readBuildPush } from './build-actions.js';
import { readBuilderSetup, readEmulation } from './builder-setup.js';
import { readBuildahBuild, readNamedBuild, readPushToRegistry } from './other-builders.js';
import { describe } from '../bake/describe.js';
import { readOverrides, tellFolder, withAll } from '../bake/overrides.js';
import { bakeFilesIn } from '../bake/files.js';
import { readCloudLogin } from './cloud-logins.js';
import { readBakeTargets, readPathsFilter } from './listing-actions.js';
import { readMetadataStep } from './metadata.js';
import { inputOf, itemsOf, leaveStep, linesOf, metadataIn, type ActionStep } from './step.js';

type Reader = (step: ActionStep) => void;

const replacedBy =
  (by: string): Reader =>
  (step) => {
    step.session.touched += 1;
    noteReplaced(step.session.findings, step.place, step.uses, by);
  };
const silent: Reader = () => {};
const fingerprints: Reader = (step) => {
  step.session.compares = true;
  replacedBy('`skip-unchanged`: what did not change is not built')(step);
};
const commits: Reader = (step) => {
  commitWith(step, namedToken(inputOf(step, 'token', 'github_token')));
  replacedBy('`deploy` of image-release.yml')(step);
};

/** Actions by name, the first that matches; all others are left over. */
const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/^docker\/build-push-action$/, readBuildPush],
  [/^rlespinasse\/github-slug-action$/, readSlugs],
  [/^(?:docker\/metadata-action|crazy-max\/ghaction-docker-meta)$/, readMetadataStep],
  [/^(?:docker\/login-action|redhat-actions\/podman-login)$/, readLogin],
  [/^docker\/setup-qemu-action$/, readEmulation],
  [/^(?:docker\/setup-[\w-]+|crazy-max\/ghaction-setup-[\w-]+)$/, readBuilderSetup],
  [/^docker\/bake-action\/subaction\/[\w-]+$/, readBakeTargets],
  [/^docker\/bake-action$/, readBakeAction],
  [/^(?:redhat-actions\/buildah-build)$/, readBuildahBuild],
  [/^(?:redhat-actions\/push-to-registry)$/, readPushToRegistry],
  [/^int128\/kaniko-action$/, readBuildPush],
  [
    /^elgohr\/publish-docker-github-action$/i,
    (step) => readNamedBuild(step, { name: 'name', registry: 'registry', tags: 'tags', context: 'context' }),
  ],
  [
    /^mr-smithers-excellent\/docker-build-push$/i,
    (step) =>
      readNamedBuild(step, { name: 'image', registry: 'registry', tags: 'tags', context: 'directory' }),
  ],
  [
    /^whoan\/docker-build-with-cache-action$/i,
    (step) => readNamedBuild(step, { name: 'image_name', registry: 'registry', tags: 'image_tag' }),
  ],
  [
    /^aevea\/action-kaniko$/i,
    (step) =>
      readNamedBuild(step, {
        name: 'image',
        registry: 'registry',
        tags: 'tag',
        context: 'path',
        file: 'build_file',
      }),
  ],
  [/^actions\/(?:attest|attest-build-provenance|attest-sbom)$/, readAttest],
  [/^sigstore\/cosign-installer$/, silent],
  [/^actions\/checkout$/, readCheckout],
  [/^dorny\/paths-filter$/, readPathsFilter],
  [/^(?:tj-actions\/changed-files|step-security\/changed-files|jitterbit\/get-changed-files)$/, fingerprints],
  [
    /^(?:stefanzweifel\/git-auto-commit-action|endbug\/add-and-commit|ad-m\/github-push-action|actions-js\/push)$/i,
    commits,
  ],
  [
    /^(?:peter-evans|gr2m)\/create-(?:or-update-)?pull-request(?:-action)?$/,
    (step) => {
      commitWith(step, namedToken(inputOf(step, 'token')));
      proposePullRequest(step, step.uses);
    },
  ],
  [/^(?:fjogeleit|mikefarah|alexwilson)\/yaml-update-action$/, readYamlUpdate],
  [/^mikefarah\/yq$/, readCommand('cmd')],
  [/^(?:nick-fields|nick-invision|wandalen)\/(?:wretry\.action|retry)$/i, readCommand('command')],
  [/^azure\/docker-login$/, readLogin],
  [
    /^(?:aws-actions|google-github-actions|azure)\/[\w-]*(?:login|credentials|auth|gcloud)[\w-]*$/,
    readCloudLogin,
  ],
  [
    /^actions\/(?:cache(?:\/\w+)?|upload-artifact|download-artifact|setup-[\w-]+|create-github-app-token)$/,
    silent,
  ],
  [/^(?:imranismail\/setup-kustomize|syntaqx\/setup-kustomize|tibdex\/github-app-token)$/, silent],
  [/^(?:jlumbroso\/free-disk-space|easimon\/maximize-build-space|step-security\/harden-runner)$/, silent],
];

/** Reads a step that uses an action. @returns whether it is known */
export function readAction(step: ActionStep): boolean {
  const name = step.uses.split('@')[0]!;
  const reader = READERS.find(([pattern]) => pattern.test(name))?.[1];
  reader?.(step);
  return reader !== undefined;
}

function readLogin(step: ActionStep): void {
  const host = inputOf(step, 'registry', 'login-server') ?? 'docker.io';
  step.session.touched += 1;
  if (hasHoles(host))
    return leaveStep(
      step,
      `${step.uses} to ${host}`,
      'Keep this step before the release: what docker is logged in to is used.',
    );
  noteLoginOf(step, host.replace(/^https?:\/\//, '').split('/')[0]!);
  noteReplaced(step.session.findings, step.place, `${step.uses} (${host})`, LOGIN);
}

/** https://github.com/docker/bake-action#inputs */
function readBakeAction(step: ActionStep): void {
  const { session, place, uses } = step;
  session.touched += 1;
  const [, below] = /^\{\{defaultContext\}\}:(.+)$/.exec(inputOf(step, 'source') ?? '') ?? [];
  const base = pathAt('.', below ?? inputOf(step, 'workdir') ?? '.');
  const named = itemsOf(inputOf(step, 'files'));
  const files = named
    .filter((file) => !hasHoles(file) && !/^cwd:|:\/\//.test(file))
    .map((file) => pathAt(base, file));
  const metadata = named.filter((file) => /metadata \d+|bake-file/.test(file));
  const found = files.length > 0 ? files : bakeFilesIn(session.repository.paths, base);
  const targets = itemsOf(inputOf(step, 'targets', 'target')).filter(
    (target) => target !== 'default' && !hasHoles(target),
  );
  if (found.length === 0)
    return leaveStep(
      step,
      `${uses} of ${named.join(', ') || 'its default file'}`,
      'No bake file was found for it; name it under `bake`.',
    );
  if (
    switch_(inputOf(step, 'push')) === false &&
    !linesOf(inputOf(step, 'set')).some((line) => /output/.test(line))
  ) {
    if (inputOf(step, 'load') === 'true')
      return leaveStep(
        step,
        `${uses} without push`,
        'It builds for a test; keep it where it is, or name the file under `bake`.',
      );
  }
  const written = metadataIn(inputOf(step, 'files') ?? '', step);
  const set = linesOf(inputOf(step, 'set'));
  const variables = new Map([...session.variables, ...step.env]);
  tellBakeInputs(step);
  tellFolder(step, base);
  const { references, overlays } = readOverrides(step, set);
  describe(
    { session: { ...session, variables } },
    {
      ...{ place, by: uses, files: found, targets, references },
      overlays: inputOf(step, 'no-cache') === 'true' ? withAll(overlays, { noCache: true }) : overlays,
      published: switch_(inputOf(step, 'push')) !== false || set.some((line) => /output/.test(line)),
      ...(written !== undefined && { metadata: written }),
    },
  );
  if (metadata.length > 0)
    noteReplaced(
      session.findings,
      place,
      'the bake file of docker/metadata-action',
      '`tags` of image-release.yml',
    );
}

/** Inputs of docker/bake-action that are read, or that say nothing of the images. */
const BAKE_INPUTS = new Set([
  ...['files', 'targets', 'target', 'workdir', 'source', 'set', 'push', 'load', 'pull', 'call', 'builder'],
  ...['no-cache', 'github-token'],
]);

const BAKE_ADVICE: Readonly<Record<string, string>> = {
  provenance: '`attest.provenance` says it for all images: off, min or max.',
  sbom: '`attest.sbom` says it for all images: off or on.',
  vars: 'Write each of them into `env` of the step that releases: the file takes its variables from there.',
  allow: 'There is no such key; the file says what its targets need.',
};

function tellBakeInputs(step: ActionStep): void {
  for (const [name, text] of step.inputs)
    if (!BAKE_INPUTS.has(name) && text.trim() !== '')
      leaveStep(
        step,
        `input \`${name}\` of ${step.uses}`,
        BAKE_ADVICE[name] ?? 'There is no such key; see whether the bake file can say it.',
      );
}

const switch_ = (text: string | undefined) => (text === undefined || text === 'false' ? false : undefined);

/** https://github.com/rlespinasse/github-slug-action: names that can stand in a tag. */
function readSlugs({ exported, session: { scenario, repository } }: ActionStep): void {
  const ref = scenario.github['ref_name'] as string;
  for (const name of [
    'GITHUB_REF_SLUG',
    'GITHUB_REF_NAME_SLUG',
    'GITHUB_REF_SLUG_URL',
    'GITHUB_REF_NAME_SLUG_URL',
  ])
    exported.set(name, ref);
  exported.set('GITHUB_SHA_SHORT', hole('sha7'));
  const [owner, name] = repository.name?.toLowerCase().split('/') ?? [];
  if (owner === undefined || name === undefined) return;
  for (const suffix of ['', '_SLUG', '_SLUG_URL']) {
    exported.set(`GITHUB_REPOSITORY_OWNER_PART${suffix}`, owner);
    exported.set(`GITHUB_REPOSITORY_NAME_PART${suffix}`, name);
  }
}

function readAttest(step: ActionStep): void {
  step.session.findings.sign ??= 'github';
  step.session.touched += 1;
  noteReplaced(
    step.session.findings,
    step.place,
    step.uses,
    '`attest.sign: github`, one attestation for all images',
  );
}

function readCheckout(step: ActionStep): void {
  const { session } = step;
  const folder = pathAt('.', inputOf(step, 'path') ?? '.');
  const repository = inputOf(step, 'repository');
  const own = repository === undefined || repository.toLowerCase() === session.repository.name?.toLowerCase();
  const ref = inputOf(step, 'ref');
  const branch = ref === undefined || hasHoles(ref) ? undefined : ref.replace(/^refs\/heads\//, '');
  for (const name of ['submodules', 'lfs'])
    if (own && !['false', undefined].includes(inputOf(step, name)))
      leaveStep(
        step,
        `input \`${name}\` of ${step.uses}`,
        'Write it at the checkout of the new workflow: what is not checked out is not in the images.',
      );
  const token = namedToken(inputOf(step, 'token'));
  if (own && folder === '.' && branch === undefined && token === undefined)
    return void session.checkouts.delete('.');
  if (!own && hasHoles(repository))
    leaveStep(step, `checkout of ${repository}`, 'Write the name under `deploy.repository`.');
  session.checkouts.set(folder, {
    ...(!own && !hasHoles(repository) && { repository }),
    ...(branch !== undefined && { branch }),
    ...(token !== undefined && { token }),
  });
}

function commandOf(step: ActionStep): Command {
  const { place, session, folder } = step;
  return { place, session, words: [], call: { words: [], line: 0, folder, conditions: [] } };
}

/** https://github.com/fjogeleit/yaml-update-action */
function readYamlUpdate(step: ActionStep): void {
  if (inputOf(step, 'createPR') === 'true') proposePullRequest(step, `${step.uses} with createPR`);
  const repository = inputOf(step, 'repository');
  const branch = inputOf(step, 'branch', 'targetBranch');
  const folder = inputOf(step, 'workDir') ?? '.';
  const token = namedToken(inputOf(step, 'token'));
  if (repository !== undefined || branch !== undefined || token !== undefined)
    step.session.checkouts.set(pathAt('.', folder), {
      ...(repository !== undefined && !hasHoles(repository) && { repository }),
      ...(branch !== undefined && !hasHoles(branch) && inputOf(step, 'createPR') !== 'true' && { branch }),
      ...(token !== undefined && { token }),
    });
  const file = inputOf(step, 'valueFile');
  const files =
    file === undefined
      ? [...(inputOf(step, 'changes') ?? '').matchAll(/^\s*"([^"]+\.ya?ml)"\s*:/gm)].map(([, path]) => path!)
      : [file];
  for (const path of files) noteTagUpdate(commandOf(step), step.uses, `${folder}/${path}`);
}

/** An action that runs what stands in one of its inputs. */
function readCommand(input: string): Reader {
  return (step) => {
    const { session, env, place, folder } = step;
    keepingAll(session.variables, () => {
      for (const [name, value] of env) session.variables.set(name, value);
      followIn(session, inputOf(step, input) ?? '', { place, folder });
    });
  };
}
