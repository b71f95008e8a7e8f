import type { Found, FoundBake, FoundImage, FoundUpdate, Repository } from '../found.js';
import { filesBeside } from './bake/compose.js';
import { takeOver } from './bake/describe.js';
import { readTargets } from './bake/targets.js';
import { ruleBakes } from './bake/rules.js';
import { splitReference } from './build.js';
import { serviceBuilds } from './compose-services.js';
import { describedBuilds } from './described.js';
import { addFindings, noFindings, noteBake, noteLeft, noteReplaced, type Findings } from './findings.js';
import { hasHoles } from './holes.js';
import { imagesOf } from './images.js';
import { scenarioOf } from './scenarios.js';
import { readScripts } from './scripts.js';
import { tellUnpublished } from './unpublished.js';
import { tellUnread } from './unread.js';
import { readWorkflows, type ReadWorkflows } from './workflows.js';

/**
 * Reads how a repository builds, publishes and deploys its images today. What publishes counts before what only builds:
 * workflows, then scripts and pods, then bake and compose files that nothing runs.
 */
export function migrate(repository: Repository): Found {
  const workflows = readWorkflows(repository);
  const all = noFindings();
  for (const findings of workflows.findings) addFindings(all, findings);
  const made = imagesOf(all.builds, all, repository);
  const { images, furtherTags } = made;
  for (const script of readScripts(repository, all.followed)) addScript(script, images, all, repository);
  addDescribed(images, all, repository);

  leaveOtherBranches(all);
  tellBranchesThatDeploy(all, workflows.triggers, repository);
  tellUnread(repository, all);
  ruleBakes(all, furtherTags);
  const { bakes, updates, logins, keptLogins, environment, sign, emulation, replaced, left } = all;
  return {
    images,
    bakes,
    updates,
    logins,
    keptLogins,
    environment,
    furtherTags,
    replaced,
    left,
    ...(sign !== undefined && { sign }),
    ...(emulation !== undefined && { emulation }),
    ...(workflows.triggers !== undefined && { triggers: pick(workflows.triggers) }),
  };
}

const pick = ({
  branches,
  tags,
  pullRequest,
  pullRequestBranches,
  schedule,
}: NonNullable<Found['triggers']>) => ({ branches, tags, pullRequest, pullRequestBranches, schedule });

/** Where each branch has an environment of its own, releases of the default branch must not reach the others'. */
function leaveOtherBranches(all: Findings): void {
  const isOther = ({ events }: FoundUpdate) => events.every((event) => event === 'branch');
  if (all.updates.every(isOther)) return;
  for (const { place, kustomization } of all.updates.filter(isOther))
    noteLeft(
      all,
      place,
      `the update of ${kustomization}, of another branch than the default one`,
      'A release writes to every Kustomization under `deploy`: give that branch an `image-release.yml` that names it.',
    );
  all.updates = all.updates.filter((update) => !isOther(update));
}

/** A release deploys for the default branch, for the one that it deploys to, and for tags. */
function tellBranchesThatDeploy(
  all: Findings,
  triggers: ReadWorkflows['triggers'],
  { defaultBranch }: Repository,
): void {
  for (const { place, by, events, repository, branch = defaultBranch } of all.updates) {
    if (!events.includes('branch') || !events.includes('default-branch')) continue;
    const others = (triggers?.branches ?? []).filter(
      (name) => !name.startsWith('!') && ![defaultBranch, branch].includes(name),
    );
    if (others.length > 0)
      noteLeft(
        all,
        place,
        `${by} for pushes to ${others.join(', ')}`,
        `A release deploys pushes to ${defaultBranch} and tags: ${repository === undefined ? 'give such a branch a configuration whose `deploy.branch` names it' : 'give the step the input `deploy: true` for the others'}.`,
      );
  }
}

/** What a script builds that nothing else does; of two ways to build an image the first counts. */
function addScript(script: Findings, images: FoundImage[], all: Findings, repository: Repository): void {
  const published = script.builds.filter((build) => build.published !== 'no');
  // A script that publishes nothing builds for somebody's own machine, unless it is all that there is.
  if (published.length > 0) tellUnpublished(script);
  script.builds =
    published.length > 0 ? published : images.length + all.bakes.length === 0 ? script.builds : [];
  const { images: own, furtherTags } = imagesOf(script.builds, script, repository);
  const added = own.filter((image) => !isKnown(image, images));
  for (const image of own.filter((each) => !added.includes(each)))
    noteReplaced(
      all,
      image.place,
      `${image.by} of ${image.dockerfile}`,
      'the image that is built elsewhere too; that one was read',
    );
  for (const text of furtherTags)
    noteLeft(script, { file: script.builds[0]!.place.file }, `tag ${text}`, 'Only a workflow knows it.');
  if (images.length + all.bakes.length + added.length + script.bakes.length === 0)
    for (const tried of script.tried) takeOver(script, tried, scenarioOf('default-branch', repository));
  if ([added, script.bakes, script.updates, script.withheld].some((list) => list.length > 0))
    addFindings(all, { ...script, builds: [] });
  images.push(...added);
}

function isKnown(image: FoundImage, images: readonly FoundImage[]): boolean {
  return images.some(
    (other) =>
      (other.dockerfile === image.dockerfile &&
        other.context === image.context &&
        other.target === image.target) ||
      (image.image !== undefined && other.image === image.image),
  );
}

function addDescribed(images: FoundImage[], all: Findings, repository: Repository): void {
  const run = all.bakes.flatMap(({ files }) => files);
  const compose = repository.files.filter(({ path }) => run.includes(path) && /\.ya?ml$/.test(path));
  const used = new Set([...run, ...compose.flatMap(filesBeside)]);
  for (const { kind, developing, unfit, ...bake } of describedBuilds(repository)) {
    if (bake.files.some((file) => used.has(file) || images.some(({ place }) => place.file === file)))
      continue;
    if (images.length + all.bakes.length === 0) {
      for (const { place, name } of developing)
        noteLeft(
          all,
          place,
          `the service ${name}, which is built to develop with`,
          'Name it under `images`, with the Dockerfile and the `target` that are released.',
        );
      if (unfit !== undefined) {
        images.push(...imagesOfServices(bake, all, repository));
        noteReplaced(all, bake.place, `${bake.by} with ${bake.files[0]}`, `\`images\`: ${unfit}`);
        continue;
      }
      noteDescribed(all, bake, repository);
      noteReplaced(
        all,
        bake.place,
        bake.by,
        '`bake` of image-release.yml: the file stays the place where images are described',
      );
    } else {
      const what =
        kind === 'compose' ? `services that ${bake.files[0]} builds` : `targets of ${bake.files[0]}`;
      noteReplaced(all, bake.place, what, `nothing: the file stays for work on a machine of one's own`);
    }
  }
}

function imagesOfServices(
  { files, targets }: FoundBake,
  all: Findings,
  repository: Repository,
): FoundImage[] {
  const own = noFindings();
  const read = files.flatMap((path) => repository.files.filter((file) => file.path === path));
  own.builds.push(
    ...serviceBuilds(own, read, targets, {
      scenario: scenarioOf('default-branch', repository),
      lookup: () => undefined,
      published: 'yes',
    }),
  );
  const { images } = imagesOf(own.builds, own, repository);
  addFindings(all, { ...own, builds: [] });
  return images;
}

/** A file that nothing runs, with the defaults of its variables. */
function noteDescribed(all: Findings, bake: FoundBake, { files, defaultBranch }: Repository): void {
  const texts = files.filter(({ path }) => bake.files.includes(path));
  const released = readTargets(texts, bake.targets, () => undefined);
  noteBake(all, {
    ...bake,
    released: released.map(({ name, references: [reference] }) => {
      const image = reference === undefined ? undefined : splitReference(reference).repository;
      return { name, ...(image !== undefined && !hasHoles(image) && { image }) };
    }),
  });
  for (const { name, references } of released)
    all.bakeTags.push({
      ...{
        place: bake.place,
        files: bake.files,
        target: name,
        event: 'default-branch',
        ref: defaultBranch,
        published: true,
        rules: [],
      },
      tags: references.map((reference) => splitReference(reference).tag ?? 'latest'),
    });
}
