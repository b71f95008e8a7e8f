import { posix } from 'node:path';
import type { Repository } from '../found.js';
import { splitReference, type Build } from './build.js';
import { noteLeft, noteReplaced, type Findings } from './findings.js';
import { hasHoles, holesIn } from './holes.js';
import { asExpression } from './tag-rules.js';

/**
 * Takes out of a build what a configuration can not say, since only a run knows it, and tells of it.
 * @returns whether anything is left to build
 */
export function settle(build: Build, findings: Findings, { paths }: Repository): boolean {
  const leave = (what: string, advice: string) => noteLeft(findings, build.place, asExpression(what), advice);
  if (hasHoles(build.context)) {
    const isNamed = build.references.some((reference) => !hasHoles(splitReference(reference).repository));
    if (!isNamed) {
      leave(
        `${build.by} of ${build.references.join(', ') || 'an image'} in ${build.context}`,
        'Neither its folder nor its name is known before it runs: name its images under `images`, and what they are tagged with under `tags`.',
      );
      findings.withheld.push(build.place);
      return false;
    }
    leave(`the context ${build.context}`, 'Only a run knows this path; write the right one.');
    if (build.dockerfile.startsWith(build.context)) build.dockerfile = 'Dockerfile';
    build.context = '.';
  }
  if (hasHoles(build.dockerfile)) {
    leave(`the Dockerfile ${build.dockerfile}`, 'Only a run knows it; write its path under `dockerfile`.');
    build.dockerfile = posix.join(build.context, 'Dockerfile');
    // Neither what is built nor what it is made of: there is nothing to write down.
    if (!paths.includes(build.dockerfile) && build.references.every(hasHoles)) return false;
  }
  if (build.target !== undefined && hasHoles(build.target)) {
    leave(`the target ${build.target}`, 'Only a run knows it; write it under `target`.');
    delete build.target;
  }
  build.contexts = withoutHoles(build.contexts, (name, source) =>
    leave(`the context ${name} from ${source}`, 'Only a run knows it; write it under `contexts`.'),
  );
  build.secrets = Object.fromEntries(
    Object.entries(build.secrets).filter(([id, from]) => {
      const source = 'env' in from ? from.env : from.file;
      if (hasHoles(source) || hasHoles(id))
        leave(
          `secret ${id} from ${source}`,
          'Only a run knows it; write it under `secrets`, as `env` or `file`.',
        );
      return !hasHoles(source) && !hasHoles(id);
    }),
  );
  return true;
}

function withoutHoles(
  texts: Record<string, string>,
  leave: (name: string, text: string) => void,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).filter(([name, text]) => {
      if (hasHoles(text)) leave(name, text);
      return !hasHoles(text);
    }),
  );
}

/** Labels that every release sets by itself. */
const OWN_LABELS =
  /^(?:(?:index|manifest):)?org\.opencontainers\.image\.(?:created|revision|source|url|version|ref\.name)$|^org\.label-schema\.(?:build-date|vcs-ref|vcs-url|version)$/;

export function knownValues(
  values: Record<string, string>,
  kind: string,
  { place }: Build,
  findings: Findings,
): Record<string, string> {
  const known: [string, string][] = [];
  for (const [name, value] of Object.entries(values)) {
    if (!hasHoles(value)) known.push([name, value]);
    else if (OWN_LABELS.test(name))
      noteReplaced(findings, place, `${kind} ${name}`, 'the same, which is always set');
    else if (kind === 'build argument')
      noteLeft(findings, place, `build argument ${name}: ${asExpression(value)}`, adviceForArgument(value));
    else
      noteLeft(
        findings,
        place,
        `${kind} ${name}: ${asExpression(value)}`,
        'Only a workflow fills it in; write its value, or leave it out.',
      );
  }
  return Object.fromEntries(known);
}

function adviceForArgument(value: string): string {
  if (holesIn(value).some((name) => name.startsWith('secrets.')))
    return 'Arguments are readable in the provenance: mount it as a secret instead (`secrets`, `RUN --mount=type=secret`).';
  if (holesIn(value).some((name) => name.startsWith('vars.')))
    return 'Write its value under `args`, or the configuration into the input `config` of the step, where GitHub fills it in.';
  if (holesIn(value).some((name) => name.includes('inputs.')))
    return 'Whoever starts a run fills it in; write its value under `args`.';
  if (holesIn(value).every((name) => /^\$\w+$/.test(name)))
    return 'It is taken from the environment of whoever builds; write its value under `args`.';
  return 'An argument that changes with every commit makes every image another one. The label org.opencontainers.image.revision says the commit; where the build needs it, write the configuration into the input `config` of the step, where GitHub fills it in.';
}

export function knownPlatforms(platforms: readonly string[], { place }: Build, findings: Findings): string[] {
  for (const platform of platforms.filter(hasHoles))
    noteLeft(findings, place, `platform ${platform}`, 'Write it under `platforms`.');
  return platforms.filter((platform) => !hasHoles(platform));
}
