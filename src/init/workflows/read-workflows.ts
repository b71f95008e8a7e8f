import type { TextFile } from '../../facts/build-files-checkout.js';
import { readYaml, type YamlValue } from '../../lib/yaml-value.js';
import type { BuildOptions, Found, FoundBake, FoundEvent, FoundTriggers, FoundUpdate, Repository } from '../found.js';
import { isScript } from './commands.js';
import { isNotProduct } from '../dockerfiles.js';
import { BAKE_FILES, targetsIn } from './docker.js';
import { examplesOf, joinTriggers, listOf, readTriggers, type ExampleEvent } from './events.js';
import { addFindings, ADVICE, noFindings, noteLeft, publishedIn, splitReference, type Findings } from './findings.js';
import { imagesOf } from './images.js';
import { walkWorkflow, type Walk } from './jobs.js';
import { hasPlaceholders } from './placeholders.js';
import { flavorOf, tagsOf, type Entry } from './tags.js';

/** Reads how the workflows of a repository build, publish and deploy its images today. */
export function readWorkflows(repository: Repository): Found {
  const all = noFindings();
  const read: FoundTriggers[] = [];
  for (const file of repository.files) {
    if (!/^\.github\/workflows\/[^/]+\.ya?ml$/.test(file.path)) continue;
    const [workflow] = readYaml(file);
    if (workflow?.at('jobs') === undefined) continue;
    const { findings, triggers } = readWorkflow(workflow, file, repository);
    addFindings(all, findings);
    read.push(...triggers);
  }
  const furtherTags: string[] = [];
  const images = imagesOf(all, repository, furtherTags);
  const bakes = bakesOf(all, repository, furtherTags);
  leaveOtherBranches(all);
  noteUnread(repository, all);
  const isRead = images.length + bakes.length > 0;
  const file = repository.files.find(({ path }) => BAKE_FILES.slice(0, 2).includes(path));
  const isNew = !isRead && !all.left.some(({ advice }) => advice === 'unread');
  // A bake file that nothing runs.
  if (isNew && file !== undefined)
    bakes.push({
      ...{ place: { file: file.path, line: 1 }, files: [file.path], targets: [], tags: [], flavor: [] },
      released: targetsIn([file], []),
    });
  const left = all.left.map((each) => ({ ...each, advice: ADVICE[each.advice], isUnread: each.advice === 'unread' }));
  const first = <Name extends keyof BuildOptions>(name: Name) => all.builds.find((build) => build[name])?.[name];
  return {
    ...{ ...all, images, bakes, furtherTags, left },
    ...(isRead && { cache: first('cache'), provenance: first('provenance'), sbom: first('sbom') }),
    replaced: [...all.replaced, ...new Set(all.followed)],
    sign: isRead ? all.sign : undefined,
    triggers: isRead ? joinTriggers(read) : undefined,
  };
}

function readWorkflow(workflow: YamlValue, { path: file, text }: TextFile, repository: Repository) {
  const on = readTriggers(workflow);
  const findings = noFindings();
  const [active, built] = [new Set<FoundEvent>(), new Set<FoundEvent>()];
  const quiet: string[] = [];
  for (const event of examplesOf(on, repository)) {
    const own = readOnce(workflow, file, event, repository);
    if (own.builds.length + own.bakes.length > 0) built.add(event.kind);
    if (publishedIn(own) > 0) active.add(event.kind);
    else if (event.kind === 'tag') quiet.push(event.ref);
    addFindings(findings, own);
  }
  if ([...active].every((event) => event === 'pull-request')) {
    // A cluster of the test is none that anybody deploys to.
    const isTest = /\b(?:kind|minikube|k3d|k3s|e2e)\b/i.test(text);
    const kept = ['unread', 'commits', ...(isTest ? [] : ['cluster'])];
    const told: Findings = { ...noFindings(), left: findings.left.filter(({ advice }) => kept.includes(advice)) };
    const [login] = findings.logins;
    if (active.has('pull-request')) noteLeft(told.left, { file, line: 1 }, 'images of pull requests', 'some');
    else if (login !== undefined && told.left.length === 0 && findings.builds.length === 0)
      noteLeft(told.left, { file, line: 1 }, `what is pushed to ${login.host}`, 'unread');
    return { findings: told, triggers: [] };
  }
  const inputs = on.inputs.map((name) => `\`${name}\``).join(', ');
  if (inputs !== '') noteLeft(findings.left, { file, line: 1 }, `the inputs ${inputs}`, 'inputs');
  if (on.isAfter) noteLeft(findings.left, { file, line: 1 }, 'waits for another workflow', 'gate');
  if (on.isReleased) noteLeft(findings.left, { file, line: 1 }, 'the event `release`', 'released');
  if (findings.replaced.length > 0) findings.replaced = [replacedJobs(workflow, file, findings)];
  if (active.has('tag') && quiet.length > 0)
    noteLeft(findings.left, { file, line: 1 }, `no publishing for tags like ${quiet.join(', ')}`, 'some');
  findings.bakes = findings.bakes.filter(({ published }) => published !== 'no');
  const published = findings.builds.filter((build) => build.published !== 'no');
  const pushed = published.filter(({ event }) => event !== 'pull-request').map(({ dockerfile }) => dockerfile);
  findings.builds = published.filter(
    ({ event, dockerfile }) => event !== 'pull-request' || pushed.includes(dockerfile),
  );
  const branches = active.has('branch') ? on.branches : [repository.defaultBranch];
  const isPushed = active.has('branch') || (active.has('default-branch') && on.branches.length > 0);
  const after = on.isAfter && on.branches.length === 0 ? [repository.defaultBranch] : [];
  const pullRequest = on.pullRequest && built.has('pull-request');
  const tags = active.has('tag') ? on.tags : [];
  const { schedule } = on;
  return { findings, triggers: [{ branches: isPushed ? branches : after, tags, pullRequest, schedule }] };
}

function readOnce(workflow: YamlValue, file: string, event: ExampleEvent, repository: Repository): Findings {
  const findings = noFindings();
  const walk: Walk = { repository, file, event, findings, metadata: [], jobs: new Map(), inputs: {}, depth: 0 };
  walkWorkflow(workflow, walk);
  // Images of one platform each get their tags from the job that merges them.
  for (const build of findings.builds) {
    const references = build.references.map(splitReference);
    if (build.published !== 'by-digest' || references.some(({ tag }) => tag !== undefined)) continue;
    const isNamed = (image: string) => references.some((each) => each.repository === image);
    const named = walk.metadata.findLast(({ images }) => images.some(isNamed));
    build.metadata = named ?? build.metadata ?? walk.metadata.at(-1);
  }
  return findings;
}

const HELPING =
  /^(?:actions\/(?:checkout|(?:up|down)load-artifact)|dorny\/paths-filter|tj-actions\/changed-files|docker\/bake-action\/)/;

/** A job that only computes for the others, or writes the summary. */
function isHelper(job: YamlValue | undefined): boolean {
  const steps = job?.at('steps')?.items() ?? [];
  const isHelping = (step: YamlValue) =>
    HELPING.test(step.at('uses')?.text ?? '') || /GITHUB_(?:OUTPUT|STEP_SUMMARY)/.test(step.at('run')?.text ?? '');
  return steps.length > 0 && steps.every(isHelping);
}

/** A workflow with the jobs that the release replaces, and those that only compute for them; their gates are reported. */
function replacedJobs(workflow: YamlValue, file: string, { replaced, left }: Findings): string {
  const jobs = workflow.at('jobs')?.entries() ?? [];
  const kept = jobs.filter(({ name, value }) => !replaced.includes(name) && !isHelper(value));
  for (const { name, place, value } of jobs.filter((job) => replaced.includes(job.name))) {
    const environment = value?.at('environment')?.text ?? value?.at('environment', 'name')?.text;
    const gates = listOf(value?.at('needs')).filter((need) => kept.some((job) => job.name === need));
    if (environment !== undefined) gates.push(`the environment ${environment}`);
    if (gates.length > 0) noteLeft(left, place, `job ${name} waits for ${gates.join(', ')}`, 'gate');
  }
  const needed = kept.flatMap(({ name, value }) => [name, ...listOf(value?.at('needs'))]);
  const useless = jobs.map(({ name }) => name).filter((name) => replaced.includes(name) || !needed.includes(name));
  return useless.length === jobs.length ? file : `${file} (${useless.join(', ')})`;
}

/** Bake files with the rules that docker/metadata-action gives; the tags in the file are not read. */
function bakesOf({ bakes, left, environment }: Findings, { files }: Repository, furtherTags: string[]): FoundBake[] {
  return [...new Set(bakes.map((run) => run.files.join()))].map((key): FoundBake => {
    const runs = bakes.filter((run) => run.files.join() === key);
    const { place, files: paths, event } = runs[0]!;
    for (const run of runs) {
      Object.assign(environment, run.environment);
      for (const each of run.left) noteLeft(left, each.place, each.what, each.advice);
    }
    const targets = runs.some((run) => run.targets.length === 0)
      ? []
      : [...new Set(runs.flatMap((run) => run.targets))];
    const entries = runs.flatMap((build): Entry[] =>
      build.metadata === undefined ? [] : [{ build, tags: [], rules: build.metadata.rules }],
    );
    const tags = entries.length === 0 ? [] : tagsOf(entries, { left, furtherTags, events: [event] });
    if (entries.length === 0) noteLeft(left, place, `the tags in ${paths.join(', ')}`, 'bake');
    const images = entries.flatMap(({ build }) => build.metadata!.images);
    const names = [...new Set(images)].filter((name) => !hasPlaceholders(name));
    const read = files.filter(({ path }) => paths.includes(path));
    const known = targetsIn(read, targets);
    const isGiven = known.length === 1 && names.length === 1;
    if (!isGiven && names.length > 0)
      noteLeft(left, place, `\`${names.join('`, `')}\` for ${paths.join(', ')}`, 'bake');
    const released = known.map((each) => (isGiven ? { ...each, image: names[0]!.toLowerCase(), isGiven } : each));
    return { place, files: paths, targets, tags, released, flavor: flavorOf(tags, entries) };
  });
}

/** If each branch has a separate environment, releases of the default branch must not reach the others'. */
function leaveOtherBranches(all: Findings): void {
  const isOther = ({ events }: FoundUpdate) => events.every((event) => event === 'branch');
  for (const { place, by, events } of all.updates)
    if (events.includes('branch') && events.includes('default-branch'))
      noteLeft(all.left, place, `${by} for other branches`, 'branch');
  if (all.updates.every(isOther)) return;
  for (const { place, kustomization } of all.updates.filter(isOther))
    noteLeft(all.left, place, `the update of ${kustomization} for another branch`, 'branch');
  all.updates = all.updates.filter((update) => !isOther(update));
}

const BUILD_FILES =
  /(?:^|\/)(?:(?:GNU)?[Mm]akefile|.*\.mk|package\.json|Jenkinsfile|Earthfile|Tiltfile|[Rr]akefile|Taskfile(?:\.dist)?\.ya?ml|[Jj]ustfile|\.gitlab-ci\.ya?ml|azure-pipelines\.ya?ml|bitbucket-pipelines\.ya?ml|cloudbuild\.ya?ml|skaffold\.ya?ml|\.drone\.ya?ml|\.travis\.ya?ml|buildspec\.ya?ml|\.?goreleaser\.ya?ml)$|\.(?:ps1|bat|cmd)$|^\.circleci\/config\.ya?ml$|^\.woodpecker(?:\/.*)?\.ya?ml$|^\.(?:buildkite|tekton)\/.*$/;

const LINES: readonly (readonly [verb: string, line: RegExp])[] = [
  [
    'builds',
    /\b(?:docker|podman|nerdctl|buildah)\s+(?:(?:buildx|image|compose)\s+)*(?:build|bud|bake)\b|\bdocker-compose\s+build\b|docker\.build\(|\bdocker_build\(|^\s*SAVE IMAGE\b|^\s*dockers(?:_v2)?:|^\s*(?:- )?artifacts:\s*$/,
  ],
  ['builds with Kaniko', /kaniko-project|kaniko\/executor|\/kaniko:/],
  [
    'pushes',
    /\b(?:docker|podman|nerdctl|buildah|crane|skopeo)\s+(?:(?:image|compose)\s+)*(?:push|copy)\b|\bdocker-compose\s+push\b/,
  ],
  ['deploys', /\bkubectl\b.*\b(?:apply|set image)\b|\bkustomize edit set image\b|\bhelm\b.*\b(?:upgrade|install)\b/],
];

/** `ghcr.io/acme/api:1` after `-t`, `push` or `--destination=`. */
const NAMED = /(?:-t[ =]|--tag[ =]|push |destination=)["']?([\w./:$(){}@-]+)/;

/** Reports every file that builds or deploys and isn't read, so that nobody takes the proposal for everything. */
function noteUnread({ files }: Repository, { left, followed }: Findings): void {
  for (const { path, text } of files) {
    const isManifest = /\.ya?ml$/.test(path) && /kaniko-project|kaniko\/executor/.test(text);
    const isOther = BUILD_FILES.test(path) || isManifest || isScript(path, text);
    if (!isOther || path.startsWith('.github/') || followed.includes(path)) continue;
    if (isNotProduct(path) && !/^(?:hack|scripts?|tools?|\.\w+)\//.test(path)) continue;
    const lines = text
      .split('\n', 5000)
      .map((line) => (/^\s*(?:#|\/\/|@?echo\b)/.test(line) ? '' : line.slice(0, 500)));
    const found = LINES.map(([verb, pattern]) => ({ verb, at: lines.findIndex((line) => pattern.test(line)) }));
    const { verb, at } = found.find((each) => each.at >= 0) ?? {};
    if (verb === undefined || at === undefined) continue;
    const named = NAMED.exec(lines[at]!)?.[1] ?? (verb === 'deploys' ? '' : 'images');
    noteLeft(left, { file: path, line: at + 1 }, `${verb} ${named}`.trim(), 'unread');
  }
}
