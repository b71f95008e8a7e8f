import { parseDocument } from 'yaml';
import type { Repository } from '../found.js';
import { splitReference } from './build.js';
import { limitRule } from './event-rules.js';
import { noteLeft, type Findings } from './findings.js';
import { fillHoles, hasHoles, hole } from './holes.js';
import { asExpression, ruleOfTag } from './tag-rules.js';
import type { FoundBake } from '../found.js';
import type { Scenario } from './scenarios.js';

type Lookup = (name: string) => string | undefined;

/**
 * The rules for the tags that a bake or compose file gives with the variables that it is run with, since a release takes
 * only the names from it.
 */
export function rulesOfBake(
  bake: FoundBake,
  event: Scenario['event'],
  lookup: Lookup,
  { files }: Repository,
  findings: Findings,
): string[] {
  const references = bake.files.flatMap((path) => {
    const text = files.find((file) => file.path === path)?.text ?? '';
    return /\.ya?ml$/.test(path) ? composeImages(text, lookup) : bakeTags(text, lookup);
  });
  const tags = [...new Set(references.map((reference) => splitReference(reference).tag ?? 'latest'))];
  return tags.flatMap((tag) => {
    const made = ruleOfTag(tag);
    if (made.status !== 'rule') {
      noteLeft(
        findings,
        bake.place,
        `tag ${asExpression(tag)} of ${bake.files.join(', ')}`,
        'Only a run knows it; write a rule under `tags`.',
      );
      return [];
    }
    return limitRule({ rule: made.rule, events: new Set([event]) }, new Set([event])).rule ?? [];
  });
}

/** Variables that the file has outside of tags: the release needs them too. */
export function variablesOfBake(bake: FoundBake, { files }: Repository): string[] {
  const texts = bake.files.map((path) => files.find((file) => file.path === path)?.text ?? '');
  const names = texts.flatMap((text) =>
    [...text.replace(/:\$\{[^}]*\}/g, '').matchAll(/\$\{(\w+)/g)].map(([, name]) => name!),
  );
  return [...new Set(names)];
}

function composeImages(text: string, lookup: Lookup): string[] {
  const root = parseDocument(text, { logLevel: 'silent', merge: true }).toJS() as unknown;
  const { services = {} } = (root ?? {}) as {
    services?: Record<string, { build?: unknown; image?: unknown } | null>;
  };
  return Object.values(services ?? {}).flatMap((service) =>
    service?.build !== undefined && typeof service.image === 'string' ? [filled(service.image, lookup)] : [],
  );
}

/** `tags = ["name:${TAG}"]` in HCL, `"tags": [ … ]` in JSON; a variable that is not set has its default. */
function bakeTags(text: string, lookup: Lookup): string[] {
  const defaults = new Map(
    [...text.matchAll(/variable\s+"(\w+)"\s*\{[^}]*?default\s*=\s*"([^"]*)"/g)].map(([, name, value]) => [
      name!,
      value!,
    ]),
  );
  const known: Lookup = (name) => lookup(name) ?? defaults.get(name);
  return [...text.matchAll(/"?\btags"?\s*[=:]\s*\[([^\]]*)\]/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, item = '']) => filled(item, known)),
  );
}

function filled(text: string, lookup: Lookup): string {
  const open = text.replace(
    /\$\{(\w+)(?::?-([^}]*))?[^}]*\}|\$(\w+)/g,
    (_, braced: string | undefined, fallback: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? '';
      return lookup(name) || (fallback ?? hole(`$${name}`));
    },
  );
  return hasHoles(open)
    ? fillHoles(open, (name) => (name.startsWith('$') ? lookup(name.slice(1)) : undefined))
    : open;
}
