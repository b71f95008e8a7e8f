import type * as z from 'zod';
import { documentPage } from '../lib/documents.js';
import { problem, type Problem } from '../lib/errors.js';
import { closest, didYouMean } from '../lib/suggestion.js';
import type { Places } from './places.js';

type Issue = z.core.$ZodIssue;

/** Converts the issues of the schema to problems with a place, an explanation and a fix. */
export function problemsOf(issues: readonly Issue[], data: unknown, places: Places): Problem[] {
  const problems: Problem[] = [];
  // A missing key that is there misspelt is reported once.
  const misspelt = new Set<string>();
  const missing = new Map<string, Problem>();
  const visit = (issue: Issue, parent: readonly PropertyKey[]): void => {
    const path = [...parent, ...issue.path];
    const form = issue.code === 'invalid_union' ? fittingForm(issue.errors) : undefined;
    if (form !== undefined) return form.forEach((inner) => visit(inner, path));
    if (issue.code === 'unrecognized_keys') {
      const known = issue.message.split(' ');
      for (const key of issue.keys) {
        problems.push(unknownKey(key, path, known, places));
        misspelt.add([...path, closest(key, known)].join('.'));
      }
      return;
    }
    if (issue.code === 'invalid_key') return void problems.push(badKey(issue, path, places));
    const value = valueAt(data, path);
    const found = invalidValue(issue, path, value, places);
    if (value === undefined) missing.set(path.join('.'), found);
    problems.push(found);
  };
  for (const issue of issues) visit(issue, []);
  const twice = [...missing].flatMap(([path, found]) => (misspelt.has(path) ? [found] : []));
  return problems.filter((found) => !twice.includes(found));
}

function invalidValue(issue: Issue, path: readonly PropertyKey[], value: unknown, places: Places): Problem {
  const subject = nameOf(path);
  const place = places.place(path);
  if (value === undefined)
    return invalid(`${subject} is missing: it must be ${issue.message}.`, place, seeReference(path));
  if (value === null)
    return invalid(`${subject} is empty: it must be ${issue.message}.`, place, 'Give it a value, or remove the key.');
  return invalid(
    `${subject} must be ${issue.message}, here it is ${described(value, path)}.`,
    place,
    suggestion(value, path, issue) ?? seeReference(path),
  );
}

function badKey(issue: z.core.$ZodIssueInvalidKey, path: readonly PropertyKey[], places: Places): Problem {
  const key = String(path.at(-1));
  const shown = isSecret(path) ? 'a key' : `the key \`${key}\``;
  const slug = key.toLowerCase().replaceAll(/[^a-z0-9_]+/g, '-');
  const isImage = path[0] === 'images' && path.length === 2 && slug !== key;
  return invalid(
    `In ${nameOf(path.slice(0, -1))} ${shown} is not allowed: a key must be ${issue.issues[0]?.message ?? 'another'}.`,
    places.keyPlace(path),
    isImage ? `Did you mean \`${slug}\`?` : seeReference(path.slice(0, -1)),
  );
}

/**
 * The branch of a union that the author meant: of those whose outer type fits the one with the fewest
 * issues. Undefined when none fits or two do equally well; then the union's own message is better.
 */
function fittingForm(branches: readonly Issue[][]): Issue[] | undefined {
  const fitting = branches
    .filter((issues) => !issues.some((issue) => issue.path.length === 0 && isOfOtherType(issue)))
    .sort((a, b) => a.length - b.length);
  const [first, second] = fitting;
  return first !== undefined && first.length !== second?.length ? first : undefined;
}

function isOfOtherType(issue: Issue): boolean {
  if (issue.code === 'invalid_union') return fittingForm(issue.errors) === undefined;
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function unknownKey(key: string, path: readonly PropertyKey[], known: readonly string[], places: Places): Problem {
  return problem({
    code: 'config/unknown-key',
    message: `There is no key \`${key}\`${path.length === 0 ? '' : ` in ${nameOf(path)}`}.`,
    fix: didYouMean(key, known) ?? `Use one of the keys ${known.join(', ')}.`,
    place: places.keyPlace([...path, key]),
  });
}

function invalid(message: string, place: Problem['place'], fix: string): Problem {
  return problem({ code: 'config/invalid', message, fix, place });
}

const forwardSlashes = (value: string) => value.replaceAll('\\', '/');
const withoutLeadingSlash = (value: string) => forwardSlashes(value).replace(/^\/+/, '');
const bareName = (value: string) => value.replace(/^[a-z]+:\/\//i, '').toLowerCase();

/** Repairs of common mistakes, by key; the first result that fits the pattern is suggested. */
const REPAIRS: Partial<Record<string, readonly ((value: string) => string)[]>> = {
  registry: [bareName],
  context: [forwardSlashes, withoutLeadingSlash],
  dockerfile: [forwardSlashes, withoutLeadingSlash],
  kustomization: [forwardSlashes, withoutLeadingSlash],
  platforms: [(value) => value.toLowerCase(), (value) => `linux/${value.toLowerCase()}`],
  endpoint: [(value) => `tcp://${bareName(value)}`],
  branch: [(value) => value.replace(/^refs\/heads\//, '')],
};

function suggestion(value: unknown, path: readonly PropertyKey[], issue: Issue): string | undefined {
  if (typeof value !== 'string' || isSecret(path)) return undefined;
  const near = closest(value, allowedValues(issue)) ?? repaired(value, path, issue);
  return near === undefined ? undefined : `Did you mean \`${near}\`?`;
}

function repaired(value: string, path: readonly PropertyKey[], issue: Issue): string | undefined {
  if (issue.code !== 'invalid_format' || issue.pattern === undefined) return undefined;
  const pattern = new RegExp(issue.pattern.replace(/^\/(.*)\/$/s, '$1'));
  const key = path.findLast((segment) => typeof segment === 'string') ?? '';
  return REPAIRS[String(key)]?.map((repair) => repair(value)).find((candidate) => pattern.test(candidate));
}

/** The section of the reference: `images.api.args.0` is explained under `images.<key>.args`. */
function seeReference(path: readonly PropertyKey[]): string {
  const names = path.filter((segment) => typeof segment === 'string');
  const section = names[0] === 'images' ? ['images', ...(names.length > 1 ? ['key'] : []), names[2]] : names;
  const anchor = section.join('').replaceAll(/[^a-z-]/g, '');
  return `See ${documentPage('configuration')}${anchor === '' ? '' : `#${anchor}`}.`;
}

function allowedValues(issue: Issue): string[] {
  if (issue.code === 'invalid_union') return issue.errors.flat().flatMap(allowedValues);
  return issue.code === 'invalid_value' ? issue.values.filter((value) => typeof value === 'string') : [];
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'The file' : `\`${path.map(String).join('.')}\``;
}

function isSecret(path: readonly PropertyKey[]): boolean {
  return path[2] === 'secrets';
}

/** A literal secret pasted under `secrets` must not reach a log: only its type is printed. */
function described(value: unknown, path: readonly PropertyKey[]): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null)
    return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
  if (isSecret(path)) return `another ${typeof value}, not shown because it may be the secret itself`;
  if (typeof value !== 'string') return `the ${typeof value} ${String(value)}`;
  if (value === '') return 'empty';
  return `\`${value.length > 80 ? `${value.slice(0, 79)}…` : value}\``;
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    data,
  );
}
