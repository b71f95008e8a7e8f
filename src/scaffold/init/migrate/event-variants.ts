import type { Build } from './build.js';
import { noteLeft, type Findings } from './findings.js';
import { hasHoles } from './holes.js';
import type { Entry } from './images.js';
import { asExpression } from './tag-rules.js';

type Group = [Entry, ...Entry[]];

/**
 * One image that is built otherwise in another event, as with an argument for each branch, stays one image: two would both
 * be built in every event, under the same name.
 */
export function joinEvents(groups: readonly Group[], findings: Findings): Group[] {
  const joined: Group[] = [];
  for (const group of groups) {
    const first = joined.find((other) => isSame(other, group) && !overlaps(other, group));
    if (first === undefined) joined.push([...group]);
    else {
      tellDifference(first, group, findings);
      first.push(...group);
    }
  }
  return joined;
}

function isSame([a]: Group, [b]: Group): boolean {
  const named = a.image !== undefined && a.image === b.image;
  const [one, other] = [a.build, b.build];
  return (
    named &&
    one.context === other.context &&
    one.dockerfile === other.dockerfile &&
    one.target === other.target
  );
}

function overlaps(a: Group, b: Group): boolean {
  return a.some(({ build }) =>
    b.some((other) => other.build.event === build.event && other.build.ref === build.ref),
  );
}

/** Pushes as one names them: `main`, `api-v*`. */
function pushesOf(builds: readonly Build[]): Set<string> {
  const nameOf = ({ event, ref }: Build) =>
    event === 'tag'
      ? `tags like ${ref.replace(/\d+\.\d+\.\d+.*$/, '*')}`
      : event === 'branch'
        ? `branches like ${ref}`
        : `the branch ${ref}`;
  return new Set(
    builds.filter(({ event, published }) => published !== 'no' && event !== 'pull-request').map(nameOf),
  );
}

/** A release publishes all its images, so an image gets more pushes than it had where others have more. */
export function tellFewerEvents(entries: Group, released: readonly Build[], findings: Findings): void {
  const own = pushesOf(entries.map(({ build }) => build));
  const others = [...pushesOf(released)].filter((push) => !own.has(push));
  const [{ build, image }] = entries;
  if (own.size > 0 && others.length > 0)
    noteLeft(
      findings,
      build.place,
      `${image ?? build.dockerfile}, published for ${[...own].join(' and ')} alone`,
      `A release publishes all images, so for ${others.join(' and ')}, too; the input \`images\` of the step names those of an event.`,
    );
}

function tellDifference([{ build: first }]: Group, [{ build }]: Group, findings: Findings): void {
  for (const name of new Set([...Object.keys(first.args), ...Object.keys(build.args)]))
    // One that only a run knows is told of by itself.
    if (first.args[name] !== build.args[name] && !hasHoles(first.args[name] ?? ''))
      noteLeft(
        findings,
        build.place,
        `build argument ${name}: ${asExpression(build.args[name] ?? '(none)')} on ${build.ref}`,
        `An argument is one for all events: ${first.args[name] ?? 'none'}. Set it when the container starts, or give the configuration in the input \`config\`.`,
      );
}
