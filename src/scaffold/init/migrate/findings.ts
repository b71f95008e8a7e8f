import type { Place } from '../../../lib/errors.js';
import type { BakeOverlay, FoundBake, FoundLogin, FoundUpdate, Found } from '../found.js';
import type { TriedBake } from './bake/describe.js';
import type { Build } from './build.js';

/** What the readers gather; `migrate` makes images of the builds. */
export interface Findings extends Omit<Found, 'images' | 'triggers' | 'furtherTags'> {
  builds: Build[];
  /** Tags that are put on images that were published before. */
  promotions: Promotion[];
  /** Scripts, Makefiles and manifests that were read on the way, as they are called. */
  followed: string[];
  /** Tags of targets, for `bakes`. */
  bakeTags: BakeTags[];
  /** Runs of bake and compose files that published nothing. */
  tried: TriedBake[];
  /** Builds that were told of and that a configuration can't say. */
  withheld: Place[];
}

/** What a target of a bake or compose file is tagged with in an event. */
export interface BakeTags {
  place: Place;
  files: readonly string[];
  target: string;
  event: Build['event'];
  ref: string;
  published: boolean;
  /** As after the colon, and rules of docker/metadata-action. */
  tags: string[];
  rules: string[];
}

export interface Promotion {
  place: Place;
  event: Build['event'];
  ref: string;
  /** Repository and tag, holes in it or not. */
  reference: string;
}

/** What becomes of the steps that log in to the registry of the release. */
export const LOGIN = 'the login of the release';

export function noFindings(): Findings {
  return {
    builds: [],
    promotions: [],
    followed: [],
    bakeTags: [],
    tried: [],
    withheld: [],
    bakes: [],
    updates: [],
    logins: [],
    keptLogins: [],
    environment: {},
    replaced: [],
    left: [],
  };
}

export function noteReplaced({ replaced }: Findings, place: Place, what: string, by: string): void {
  // The first place of a file tells: what stands in every job is said once.
  if (!replaced.some((each) => each.what === what && each.by === by && each.place.file === place.file))
    replaced.push({ place, what, by });
}

export function noteLeft({ left }: Findings, place: Place, what: string, advice: string): void {
  if (!left.some((each) => each.what === what && isSamePlace(each.place, place)))
    left.push({ place, what, advice });
}

export function noteLogin({ logins }: Findings, login: FoundLogin): void {
  if (!logins.some(({ host }) => host === login.host)) logins.push(login);
}

export function noteUpdate({ updates }: Findings, update: FoundUpdate): FoundUpdate {
  const known = updates.find(
    ({ kustomization, repository }) =>
      kustomization === update.kustomization && repository === update.repository,
  );
  if (known !== undefined) {
    known.events = [...new Set([...known.events, ...update.events])];
    return known;
  }
  updates.push(update);
  return update;
}

export function noteBake(findings: Findings, bake: FoundBake): void {
  const { bakes } = findings;
  const known = bakes.find(({ files }) => files.join() === bake.files.join());
  if (known === undefined) return void bakes.push({ ...bake });
  const union = (a: readonly string[], b: readonly string[]) => [...new Set([...a, ...b])];
  if (known.targets.length > 0)
    known.targets = bake.targets.length === 0 ? [] : union(known.targets, bake.targets);
  known.tags = union(known.tags, bake.tags);
  known.flavor = union(known.flavor, bake.flavor);
  known.released.push(
    ...bake.released.filter(({ name }) => !known.released.some((other) => other.name === name)),
  );
  for (const [name, overlay] of Object.entries(bake.overlays)) {
    tellOtherwise(findings, bake.place, name, known.overlays[name] ?? {}, overlay);
    known.overlays[name] = { ...overlay, ...known.overlays[name] };
  }
}

/** What is laid over a target in one event, and otherwise in another. */
function tellOtherwise(
  findings: Findings,
  place: Place,
  target: string,
  { args: knownArgs = {}, ...known }: BakeOverlay,
  { args = {}, ...overlay }: BakeOverlay,
): void {
  const pairs = [
    ...Object.entries(args).map(([name, value]) => [`argument ${name}`, knownArgs[name], value] as const),
    ...Object.entries(overlay).map(
      ([name, value]) => [name, known[name as keyof typeof known], value] as const,
    ),
  ];
  const written = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  for (const [what, taken, value] of pairs)
    if (taken !== undefined && written(taken) !== written(value))
      noteLeft(
        findings,
        place,
        `${what} ${written(value)} of the target ${target}`,
        `It is one for all events: ${written(taken)}. Write the other under \`images\` if that is what is released.`,
      );
}

/** Adds what another reader, or another event, found. */
export function addFindings(all: Findings, more: Findings): void {
  all.builds.push(...more.builds);
  all.promotions.push(...more.promotions);
  all.followed.push(...more.followed);
  all.bakeTags.push(...more.bakeTags);
  all.tried.push(...more.tried);
  all.withheld.push(...more.withheld);
  for (const bake of more.bakes) noteBake(all, bake);
  for (const update of more.updates) noteUpdate(all, update);
  for (const login of more.logins) noteLogin(all, login);
  all.keptLogins = [...new Set([...all.keptLogins, ...more.keptLogins])];
  Object.assign(all.environment, more.environment);
  if (more.sign !== undefined) all.sign ??= more.sign;
  if (more.emulation !== undefined) all.emulation ??= more.emulation;
  for (const { place, what, by } of more.replaced) noteReplaced(all, place, what, by);
  for (const { place, what, advice } of more.left) noteLeft(all, place, what, advice);
}

export function isSamePlace(a: Place, b: Place): boolean {
  return a.file === b.file && a.line === b.line;
}

/** Further down in the same file. */
export function below(place: Place, lines: number): Place {
  return { file: place.file, ...(place.line !== undefined && { line: place.line + lines }) };
}
