import { posix } from 'node:path';
import { readYaml } from '../../../preflight/yaml-value.js';
import type { FoundTriggers, Repository } from '../found.js';
import { splitReference, type Build } from './build.js';
import { noFindings, noteLeft, noteReplaced, type Findings } from './findings.js';
import { walkWorkflow, type Walk } from './workflow/jobs.js';
import { addTriggers, readTriggers, scenariosOf } from './workflow/triggers.js';

export interface ReadWorkflows {
  /** Of workflows that publish images or change what is deployed. */
  findings: Findings[];
  triggers?: FoundTriggers;
}

/** Reads all workflows; one that neither publishes nor deploys stays as it is and is not told of. */
export function readWorkflows(repository: Repository): ReadWorkflows {
  const read: Findings[] = [];
  let triggers: FoundTriggers | undefined;
  for (const file of repository.files) {
    if (!/^\.github\/workflows\/[^/]+\.ya?ml$/.test(file.path)) continue;
    const [workflow] = readYaml(file);
    if (workflow?.at('jobs') === undefined) continue;
    const on = readTriggers(workflow);
    const findings = noFindings();
    for (const scenario of scenariosOf(on, repository)) {
      const walk: Walk = { repository, scenario, findings, metadata: [], jobs: new Map(), inputs: {}, depth: 0 };
      const before = findings.builds.length;
      walkWorkflow(workflow, walk);
      joinDigests(findings.builds.slice(before), walk);
    }
    const published = findings.builds.filter((build) => build.published !== 'no' && build.event !== 'pull-request');
    if (published.length === 0 && findings.bakes.length === 0 && findings.updates.length === 0) continue;
    leaveUnpublished(findings);
    for (const filter of on.paths) noteReplaced(findings, filter.place, 'the filter of paths', '`skip-unchanged`: what did not change is not built');
    triggers = addTriggers(triggers, on);
    read.push(findings);
  }
  return { findings: read, ...(triggers !== undefined && { triggers }) };
}

/** Images of one platform each get their tags from the job that joins them. */
function joinDigests(builds: readonly Build[], { metadata, findings }: Walk): void {
  for (const build of builds) {
    if (build.published !== 'by-digest' || build.references.some((reference) => splitReference(reference).tag !== undefined)) continue;
    const names = build.references.map((reference) => splitReference(reference).repository);
    const joining = metadata.findLast(({ images }) => images.some((image) => names.includes(image))) ?? build.metadata ?? metadata.at(-1);
    if (joining === undefined) continue;
    build.metadata = joining;
    noteReplaced(findings, build.place, 'images by digest, one per platform, joined by imagetools', '`platforms`: one build makes the index');
  }
}

/** What is built for a test alone is no image of a release. */
function leaveUnpublished(findings: Findings): void {
  const isPublished = ({ context, dockerfile, target }: Build) =>
    findings.builds.some(
      (other) => other.published !== 'no' && other.context === context && other.dockerfile === dockerfile && (target === undefined || other.target === target),
    );
  for (const build of findings.builds)
    if (build.published === 'no' && build.event !== 'pull-request' && !isPublished(build))
      noteLeft(findings, build.place, `${build.by} of ${posix.join(build.dockerfile)}${build.target === undefined ? '' : `, target ${build.target}`}, which is not published`, 'Keep it where it is; name it under `images` if it is to be released.');
  findings.builds = findings.builds.filter(
    (build) => build.published !== 'no' && (build.event !== 'pull-request' || isElsewhere(build, findings.builds)),
  );
}

/** Whether an image of pull requests is one of other events too. */
function isElsewhere(build: Build, builds: readonly Build[]): boolean {
  return builds.some((other) => other.event !== 'pull-request' && other.published !== 'no' && other.dockerfile === build.dockerfile);
}
