import type { Place } from '../../../../lib/errors.js';
import type { BakeOverlay, FoundBake } from '../../found.js';
import { splitReference, type Metadata } from '../build.js';
import type { Command } from '../commands/session.js';
import { noteBake, noteLeft, noteReplaced } from '../findings.js';
import { hasHoles } from '../holes.js';
import { textOf } from '../shell/variables.js';
import { asExpression, isExpression } from '../tag-rules.js';
import { readTargets, variablesBesideTags, type ReadTarget } from './targets.js';

/** A bake or compose file, and what the one who runs it says beside. */
export interface BakeRun {
  place: Place;
  by: string;
  files: string[];
  /** Empty: the default group. */
  targets: string[];
  published: boolean;
  metadata?: Metadata;
  /** `*.tags=…`: of a target, or of all. */
  references?: readonly { target: string; reference: string }[];
  overlays?: Readonly<Record<string, BakeOverlay>>;
}

/** Takes the file over, with the tags that it gives in these surroundings. */
export function describe({ session }: Pick<Command, 'session'>, run: BakeRun): void {
  const { findings, repository, scenario, variables } = session;
  const { place, by, files, targets, metadata } = run;
  const texts = repository.files.filter(({ path }) => files.includes(path));
  const lookup = (name: string) => textOf(variables.get(name));
  const released = readTargets(texts, targets, lookup);
  noteBake(findings, {
    ...{ place, by, files, targets, tags: [], flavor: metadata?.flavor ?? [] },
    released: released.map((target) => ({ name: target.name, ...imageOf(target, run) })),
    overlays: overlaysOf(released, run),
  });
  for (const target of released) {
    const own = referencesOf(target, run);
    const rules = target.fromMetadata ? (metadata?.rules ?? []) : [];
    findings.bakeTags.push({
      ...{ place, files, target: target.name, event: scenario.event, ref: scenario.ref },
      published: run.published,
      tags: rules.length > 0 ? [] : own.map((reference) => splitReference(reference).tag ?? 'latest'),
      rules,
    });
  }
  if (released.length === 0)
    noteLeft(
      findings,
      place,
      `targets of ${files.join(', ')}`,
      'None was recognised; name them under `bake.targets`.',
    );
  for (const [, ...further] of [metadata?.images ?? []])
    for (const image of further)
      noteLeft(
        findings,
        place,
        `the further name ${image}`,
        'A target has one name: copy its image there in a step after the release, from the output `<key>-ref`.',
      );
  for (const name of variablesBesideTags(texts)) {
    const value = lookup(name);
    if (value === undefined) continue;
    if (isExpression(value)) findings.environment[name] ??= asExpression(value);
    else
      noteLeft(
        findings,
        place,
        `variable ${name} of ${files.join(', ')}: ${asExpression(value)}`,
        'Set it in `env` of the step that releases, or give it a default in the file.',
      );
  }
  noteReplaced(findings, place, by, '`bake`: the file stays the place where images are described');
}

function referencesOf(target: ReadTarget, { references = [] }: BakeRun): string[] {
  const set = references.filter((each) => each.target === '*' || each.target === target.name);
  return set.length > 0 ? set.map(({ reference }) => reference) : target.references;
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

function overlaysOf(released: readonly ReadTarget[], run: BakeRun): FoundBake['overlays'] {
  const entries = released.map((target) => {
    const image = referencesOf(target, run).length === 0 ? ofMetadata(target, run) : undefined;
    const overlay: BakeOverlay = {
      ...(target.platforms.length > 0 && !target.platforms.some(hasHoles) && { platforms: target.platforms }),
      ...run.overlays?.['*'],
      ...run.overlays?.[target.name],
      ...(image !== undefined && { image }),
    };
    return [target.name, overlay] as const;
  });
  return Object.fromEntries(entries.filter(([, overlay]) => Object.keys(overlay).length > 0));
}
