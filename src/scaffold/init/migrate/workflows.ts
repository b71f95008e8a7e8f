import { readYaml, type YamlValue } from '../../../preflight/yaml-value.js';
import type { FoundTriggers, Repository } from '../found.js';
import { splitReference, type Build } from './build.js';
import { tellPlatforms } from './event-platforms.js';
import { addFindings, isSamePlace, noFindings, noteLeft, noteReplaced, type Findings } from './findings.js';
import { tellInputs } from './hand-inputs.js';
import { scenarioOf, type Scenario } from './scenarios.js';
import { tellUnpublished } from './unpublished.js';
import type { Walk } from './workflow/contexts.js';
import { walkWorkflow } from './workflow/jobs.js';
import { addTriggers, readTriggers, scenariosOf, type Triggers } from './workflow/triggers.js';

export interface ReadWorkflows {
  /** Of workflows that publish images or change what is deployed. */
  findings: Findings[];
  triggers?: FoundTriggers;
}

/** Reads all workflows; one that neither publishes nor deploys stays as it is and is not told of. */
export function readWorkflows(repository: Repository): ReadWorkflows {
  const read: Findings[] = [];
  let triggers: FoundTriggers | undefined;
  const publishedFor = new Map<string, boolean>();
  for (const file of repository.files) {
    if (!/^\.github\/workflows\/[^/]+\.ya?ml$/.test(file.path)) continue;
    const [workflow] = readYaml(file);
    if (workflow?.at('jobs') === undefined) continue;
    const on = readTriggers(workflow);
    const findings = noFindings();
    const active = new Set<Scenario['event']>();
    const built = new Set<Scenario['event']>();
    const tags = new Map<string, boolean>();
    for (const scenario of scenariosOf(on, repository)) {
      const own = readOnce(workflow, scenario, repository);
      if (publishes(own) || own.builds.length + own.tried.length > 0) built.add(scenario.event);
      if (publishes(own)) active.add(scenario.event);
      if (scenario.event === 'tag') tags.set(scenario.ref, publishes(own));
      addFindings(findings, own);
    }
    if (![...active].some((event) => event !== 'pull-request')) {
      const isPushed = on.branches.length + on.tags.length > 0 || on.onDefaultBranch;
      if (active.has('pull-request')) read.push(ofPullRequests(file.path));
      else if (findings.withheld.length > 0) read.push({ ...noFindings(), left: findings.left });
      else if (isPushed) read.push(...unrecognised(file.path, findings));
      continue;
    }
    for (const trigger of on.besides) {
      const scenario = scenarioOf('default-branch', repository, { trigger });
      tellBesides(findings, readOnce(workflow, scenario, repository), trigger);
      if (trigger === 'workflow_dispatch')
        tellInputs(findings, workflow, (inputs) => readOnce(workflow, scenario, repository, inputs));
    }
    tellPlatforms(findings);
    leaveUnpublished(findings);
    for (const filter of on.paths)
      noteReplaced(
        findings,
        filter.place,
        'the filter of paths',
        '`skip-unchanged`: what did not change is not built',
      );
    if (on.after !== undefined)
      noteLeft(
        findings,
        on.after.place,
        'the event `workflow_run`',
        'The release runs for each push: put it into the workflow that tests, as a job with `needs`, if it has to wait.',
      );
    if (on.released !== undefined)
      noteReplaced(
        findings,
        on.released.place,
        'the event `release`',
        'a push of the tag that a release makes; a draft makes none, and its tag comes when it is published',
      );
    if (active.has('tag'))
      for (const [tag, isPublished] of tags)
        publishedFor.set(tag, isPublished || publishedFor.get(tag) === true);
    const events = narrowed(on, active, repository);
    triggers = addTriggers(triggers, {
      ...events,
      pullRequest: events.pullRequest && built.has('pull-request'),
    });
    read.push(findings);
  }
  tellTags(read, publishedFor);
  return { findings: read, ...(triggers !== undefined && { triggers }) };
}

function readOnce(
  workflow: YamlValue,
  scenario: Scenario,
  repository: Repository,
  inputs: Record<string, unknown> = {},
): Findings {
  const findings = noFindings();
  const walk: Walk = {
    ...{ repository, scenario, findings, place: { file: workflow.place.file, line: 1 } },
    ...{ metadata: [], jobs: new Map(), comparing: new Set(), inputs, depth: 0 },
  };
  walkWorkflow(workflow, walk);
  joinDigests(walk);
  return findings;
}

/** What only a run by hand or on a schedule publishes: a release does the same in all its runs. */
function tellBesides(findings: Findings, { builds }: Findings, trigger: string): void {
  for (const { place, by, published } of builds)
    if (
      published !== 'no' &&
      !findings.builds.some((other) => other.published !== 'no' && isSamePlace(other.place, place))
    )
      noteLeft(
        findings,
        place,
        `${by}, which publishes in runs of ${trigger} alone`,
        'A release does the same in all its runs: keep this in a workflow of its own, or give such runs the inputs `images`, `tags` and `no-cache`.',
      );
}

/** Version tags that start a workflow, which then publishes nothing. */
function tellTags(read: readonly Findings[], publishedFor: ReadonlyMap<string, boolean>): void {
  const left = [...publishedFor].filter(([, isPublished]) => !isPublished).map(([tag]) => tag);
  const last = read.findLast(({ builds, bakes }) => builds.length + bakes.length > 0);
  const [first] = [...(last?.builds ?? []), ...(last?.bakes ?? [])];
  if (last !== undefined && first !== undefined && left.length > 0)
    noteLeft(
      last,
      { file: first.place.file },
      `tags like ${left.join(', ')}, for which nothing is published`,
      'A release publishes every tag that its workflow runs for: leave these out under `tags` there, as with a last pattern of `!v*-*`.',
    );
}

/** A release publishes what is pushed to a branch or as a tag. */
function ofPullRequests(file: string): Findings {
  const told = noFindings();
  noteLeft(
    told,
    { file, line: 1 },
    `what ${file} publishes for pull requests`,
    'A release builds pull requests without publishing; one that is merged is a push to its branch. Keep this workflow, or give the step `push: true`, and compare names, tags and arguments.',
  );
  return told;
}

/** A workflow that logs in to a registry and does nothing there that was understood. */
function unrecognised(file: string, { logins }: Findings): Findings[] {
  const [login] = logins;
  if (login === undefined) return [];
  const told = noFindings();
  noteLeft(
    told,
    { file, line: 1 },
    `what ${file} publishes`,
    `It logs in to ${login.host}, and nothing that it pushes was recognised: compare names, tags and arguments with the proposal.`,
  );
  return [told];
}

function publishes({ builds, bakes, updates, promotions }: Findings): boolean {
  const others = bakes.length + updates.length + promotions.length;
  return builds.some(({ published }) => published !== 'no') || others > 0;
}

/** Of the events of a workflow those in which its conditions let it publish. */
function narrowed(on: Triggers, active: ReadonlySet<string>, { defaultBranch }: Repository): FoundTriggers {
  const branches = active.has('branch') ? on.branches : [defaultBranch];
  const isPushed = active.has('branch') || (active.has('default-branch') && on.branches.length > 0);
  const after = on.after !== undefined && on.branches.length === 0 ? [defaultBranch] : [];
  return { ...on, branches: isPushed ? branches : after, tags: active.has('tag') ? on.tags : [] };
}

/** Images of one platform each get their tags from the job that joins them. */
function joinDigests({ metadata, findings }: Walk): void {
  for (const build of findings.builds) {
    if (
      build.published !== 'by-digest' ||
      build.references.some((reference) => splitReference(reference).tag !== undefined)
    )
      continue;
    const names = build.references.map((reference) => splitReference(reference).repository);
    const joining =
      metadata.findLast(({ images }) => images.some((image) => names.includes(image))) ??
      build.metadata ??
      metadata.at(-1);
    if (joining === undefined) continue;
    build.metadata = joining;
    noteReplaced(
      findings,
      build.place,
      'images by digest, one per platform, joined by imagetools',
      '`platforms`: one build makes the index, with emulation; docs/workflows.md has the way with a runner for each',
    );
  }
}

function leaveUnpublished(findings: Findings): void {
  tellUnpublished(findings);
  for (const { run } of findings.tried)
    if (!findings.bakes.some(({ files }) => files.join() === run.files.join()))
      noteLeft(
        findings,
        run.place,
        `${run.by} of ${run.files.join(', ')}, which is not published`,
        'Keep it where it is; name the file under `bake` if its images are to be released.',
      );
  // What became of a step is told of the one that publishes.
  for (const build of findings.builds.filter(({ published }) => published === 'no')) {
    const told = findings.replaced.find(({ what, place }) => what === build.by && place === build.place);
    const publishing = findings.builds.find(({ by, published }) => by === build.by && published !== 'no');
    if (told !== undefined && publishing?.place.file === told.place.file) told.place = publishing.place;
  }
  findings.builds = findings.builds.filter(
    (build) =>
      build.published !== 'no' && (build.event !== 'pull-request' || isElsewhere(build, findings.builds)),
  );
}

/** Whether an image of pull requests is one of other events too. */
function isElsewhere(build: Build, builds: readonly Build[]): boolean {
  return builds.some(
    (other) =>
      other.event !== 'pull-request' && other.published !== 'no' && other.dockerfile === build.dockerfile,
  );
}
