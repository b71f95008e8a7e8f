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
  return a.some(({ build }) => b.some((other) => other.build.event === build.event));
}

function tellDifference([{ build: first }]: Group, [{ build }]: Group, findings: Findings): void {
  for (const name of new Set([...Object.keys(first.args), ...Object.keys(build.args)]))
    // One that only a run knows is told of by itself.
    if (first.args[name] !== build.args[name] && !hasHoles(first.args[name] ?? ''))
      noteLeft(
        findings,
        build.place,
        `build argument ${name}: ${asExpression(build.args[name] ?? '(none)')} in another event (${build.event})`,
        `An argument is one for all events: ${first.args[name] ?? 'none'}. Set it when the container starts, or give the configuration in the input \`config\`.`,
      );
}
