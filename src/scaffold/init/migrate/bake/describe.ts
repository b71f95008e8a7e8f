import type { Place } from '../../../../lib/errors.js';
import { matchesSource } from '../../../../inputs/ignore/glob.js';
import type { BakeOverlay, FoundBake, Repository } from '../../found.js';
import { splitReference, type Metadata } from '../build.js';
import type { Command } from '../commands/session.js';
import { noteBake, noteLeft, noteReplaced, type Findings } from '../findings.js';
import { hasHoles, onlyHole } from '../holes.js';
import type { Scenario } from '../scenarios.js';
import { textOf, type Variables } from '../shell/variables.js';
import { asExpression, isExpression } from '../tag-rules.js';
import {
  readTargets,
  variablesBesideTags,
  variablesOfSecrets,
  type Lookup,
  type ReadTarget,
} from './targets.js';

/** `*.tags=…`: of a target, or of those that a pattern means. */
export interface BakeReference {
  target: string;
  reference: string;
  /** `+=`: beside those of the file. */
  isAdded: boolean;
}

/** A bake or compose file, and what the one who runs it says beside. */
export interface BakeRun {
  place: Place;
  by: string;
  files: string[];
  /** Empty: the default group. */
  targets: string[];
  published: boolean;
  metadata?: Metadata;
  references?: readonly BakeReference[];
  /** By target, or by a pattern for several. */
  overlays?: Readonly<Record<string, BakeOverlay>>;
  /** What stands in env files: those that are named have to be handed on, the one that is found by itself is read anyhow. */
  environment?: { named: ReadonlyMap<string, string>; found: ReadonlyMap<string, string> };
}

/** A run whose images nothing has published yet. */
export interface TriedBake {
  run: BakeRun;
  released: ReadTarget[];
}

/** Takes the file over, with the tags that it gives in these surroundings; what is not published yet waits for a push. */
export function describe({ session }: Pick<Command, 'session'>, run: BakeRun): void {
  const { findings, repository, scenario, variables } = session;
  const texts = textsOf(run, repository);
  const given = (name: string) => textOf(variables.get(name)) ?? run.environment?.named.get(name);
  const lookup = lookupIn(variables, run.environment);
  const released = readTargets(texts, run.targets, lookup, repository.files);
  const published = run.published || (released.length > 0 && released.every(({ pushes }) => pushes));
  if (!published) findings.tried.push({ run, released });
  else takeOver(findings, { run, released }, scenario);
  if (released.length === 0)
    noteLeft(
      findings,
      run.place,
      `targets of ${run.files.join(', ')}`,
      'None was recognised; name them under `bake.targets`.',
    );
  const secrets = variablesOfSecrets(texts);
  for (const name of secrets) {
    const value = given(name);
    if (value === undefined) continue;
    if (hasHoles(value) && isExpression(value)) findings.environment[name] ??= asExpression(value);
    else
      noteLeft(
        findings,
        run.place,
        `variable ${name} of ${run.files.join(', ')}, which a build secret is taken from`,
        `Store its value as a secret of the repository: \`env: { ${name}: \${{ secrets.${name} }} }\` of the step that releases.`,
      );
  }
  for (const name of variablesBesideTags(texts).filter((each) => !secrets.includes(each))) {
    const value = given(name);
    if (value === undefined) continue;
    if (isExpression(value)) findings.environment[name] ??= asExpression(value);
    else
      noteLeft(
        findings,
        run.place,
        `variable ${name} of ${run.files.join(', ')}: ${asExpression(value)}`,
        'Set it in `env` of the step that releases, or give it a default in the file.',
      );
  }
}

/** What a variable stands for: what the shell has goes before env files, and the one that is found by itself comes last. */
export function lookupIn(variables: Variables, environment: BakeRun['environment']): Lookup {
  return (name) =>
    textOf(variables.get(name)) ?? environment?.named.get(name) ?? environment?.found.get(name);
}

const textsOf = ({ files }: BakeRun, repository: Repository) =>
  files.flatMap((path) => repository.files.filter((file) => file.path === path));

/** Makes the file the place where these targets are described. */
export function takeOver(
  findings: Findings,
  { run, released }: TriedBake,
  scenario: Pick<Scenario, 'event' | 'ref'>,
): void {
  const { place, by, files, targets, metadata } = run;
  const earlier = findings.tried.filter((tried) => tried.run.files.join() === files.join());
  noteBake(findings, {
    ...{ place, by, files, targets, tags: [], flavor: metadata?.flavor ?? [] },
    released: released.map((target) => ({ name: target.name, ...imageOf(target, run) })),
    overlays: overlaysOf(released, run, [...earlier.map((tried) => tried.run), run]),
  });
  for (const target of released) noteTags(target, run, findings, scenario);
  for (const [, ...further] of [metadata?.images ?? []])
    for (const image of further) tellFurther(image, run, findings);
  noteReplaced(findings, place, by, '`bake`: the file stays the place where images are described');
}

/** A target has one name, and the tags that this name gets. */
function noteTags(
  target: ReadTarget,
  run: BakeRun,
  findings: Findings,
  { event, ref }: Pick<Scenario, 'event' | 'ref'>,
): void {
  const { place, files, published, metadata } = run;
  const own = referencesOf(target, run);
  const rules = target.fromMetadata ? (metadata?.rules ?? []) : [];
  const nameOf = (reference: string) => splitReference(reference).repository;
  const isOpen = (reference: string) => onlyHole(reference) !== undefined;
  const name = own.filter((reference) => !isOpen(reference)).map(nameOf)[0];
  const named = own.filter((reference) => isOpen(reference) || nameOf(reference) === name);
  for (const reference of own)
    if (!named.includes(reference)) tellFurther(splitReference(reference).repository, run, findings);
  findings.bakeTags.push({
    ...{ place, files, target: target.name, event, ref, published, rules },
    tags: rules.length > 0 ? [] : named.map(tagOf),
  });
}

/** A reference of which nothing is known has no tag that could be left out. */
function tagOf(reference: string): string {
  return onlyHole(reference) === undefined ? (splitReference(reference).tag ?? 'latest') : reference;
}

function tellFurther(image: string, { place }: BakeRun, findings: Findings): void {
  noteLeft(
    findings,
    place,
    `the further name ${asExpression(image)}`,
    'A target has one name: copy its image there in a step after the release, from the output `<key>-ref`.',
  );
}

function referencesOf(target: ReadTarget, { references = [] }: BakeRun): string[] {
  const meant = references.filter((each) => matchesSource(each.target, target.name));
  const texts = (isAdded: boolean) =>
    meant.filter((each) => each.isAdded === isAdded).map(({ reference }) => reference);
  const set = texts(false);
  return [...(set.length > 0 ? set : target.references), ...texts(true)];
}

/** The name that the file has; without one, that of docker/metadata-action. */
function imageOf(target: ReadTarget, run: BakeRun): { image?: string } {
  const [own] = referencesOf(target, run);
  const written = own === undefined ? ofMetadata(target, run) : splitReference(own).repository;
  return written === undefined || hasHoles(written) ? {} : { image: written };
}

function ofMetadata({ fromMetadata }: ReadTarget, { metadata }: BakeRun): string | undefined {
  const [image] = fromMetadata ? (metadata?.images ?? []) : [];
  return image === undefined || hasHoles(image) ? undefined : image.toLowerCase();
}

/** @param runs that said something of these targets, the later ones over the earlier */
function overlaysOf(
  released: readonly ReadTarget[],
  run: BakeRun,
  runs: readonly BakeRun[],
): FoundBake['overlays'] {
  const entries = released.map((target) => {
    const image = referencesOf(target, run).length === 0 ? ofMetadata(target, run) : undefined;
    const overlay: BakeOverlay = {
      ...(target.platforms.length > 0 && !target.platforms.some(hasHoles) && { platforms: target.platforms }),
      ...laidOver(target.name, runs),
      ...(image !== undefined && { image }),
    };
    return [target.name, overlay] as const;
  });
  return Object.fromEntries(entries.filter(([, overlay]) => Object.keys(overlay).length > 0));
}

function laidOver(target: string, runs: readonly BakeRun[]): BakeOverlay {
  const meant = runs.flatMap(({ overlays = {} }) =>
    Object.entries(overlays).flatMap(([pattern, each]) => (matchesSource(pattern, target) ? each : [])),
  );
  const args = Object.assign({}, ...meant.map((each) => each.args)) as Record<string, string>;
  return {
    ...(Object.assign({}, ...meant) as BakeOverlay),
    ...(Object.keys(args).length > 0 && { args }),
  };
}
