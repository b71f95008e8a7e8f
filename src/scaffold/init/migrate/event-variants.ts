import { noteLeft, type Findings } from './findings.js';
import { hasHoles } from './holes.js';
import type { Entry } from './images.js';

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
  return a.some(({ build }) => b.some((other) => other.build.event === build.event));
}

function tellDifference([{ build: first }]: Group, [{ build }]: Group, findings: Findings): void {
  const isKnown = (value = '') => !hasHoles(value);
  for (const name of new Set([...Object.keys(first.args), ...Object.keys(build.args)]))
    if (first.args[name] !== build.args[name] && isKnown(first.args[name]) && isKnown(build.args[name]))
      noteLeft(
        findings,
        build.place,
        `build argument ${name}: ${build.args[name] ?? '(none)'} in another event (${build.event})`,
        `An argument is one for all events: ${first.args[name] ?? 'none'}. Set it when the container starts, or give the configuration in the input \`config\`.`,
      );
}
