import { LineCounter, isScalar, parseDocument, visit, type Document, type YAMLParseError } from 'yaml';
import { ReleaseError, failure, messageOf, problem, type Place, type Problem } from '../lib/errors.js';
import { TOO_DEEP, tooDeepAt } from '../lib/bounded.js';
import { NO_IMAGES_FIX } from './check-config.js';
import type { Config } from './config.js';
import { expandConfig } from './expand.js';
import { placesIn, type Places } from './places.js';
import { problemsOf } from './schema-issues.js';
import { configSchema } from './schema.js';

/** The text of a configuration; `origin` is its name in messages. */
export interface ConfigText {
  text: string;
  /** Path relative to the repository root, or `input "config-inline"`. */
  origin: string;
}

const MAX_IMAGES = 500;

/**
 * Reads a configuration (YAML 1.2, with merge keys).
 * @throws ReleaseError with all problems at once, each with its place: `config/syntax`, `config/unknown-key`,
 *   `config/invalid`
 */
export function loadConfig({ text, origin }: ConfigText): Config {
  const deep = tooDeepAt(text);
  if (deep !== undefined) {
    const line = text.slice(0, deep).split('\n').length;
    const place = { file: origin, line };
    throw new ReleaseError([syntaxProblem(`There are ${TOO_DEEP}.`, 'Close them, or nest less.', place)]);
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, merge: true });
  const places = placesIn(document, lineCounter, origin);

  const broken = [...syntaxProblems(document, places), ...brokenAliases(document, places)];
  const duplicates = duplicateKeys(document, places);
  if (broken.length > 0) throw inOrder([...broken, ...duplicates]);

  const data = plainData(document, origin);
  const invalid = (message: string, fix: string, place: Place = { file: origin }) =>
    failure({ code: 'config/invalid', message, fix, place });
  if (data === null) throw invalid(`${origin} is empty.`, NO_IMAGES_FIX);
  const { images } = data as { images?: object | null };
  if (typeof images === 'object' && Object.keys(images ?? {}).length > MAX_IMAGES)
    throw invalid(
      `${origin} has more than ${MAX_IMAGES} images.`,
      'Split the repository, or release its images by several configurations (`--config`).',
      places.place(['images']),
    );
  const parsed = configSchema.safeParse(data, { reportInput: true });
  const { config, problems } = parsed.success
    ? expandConfig(parsed.data, places, origin)
    : { config: undefined, problems: problemsOf(parsed.error.issues, data, places) };
  const all = [...duplicates, ...problems, ...expressionProblems(data, places)];
  if (config === undefined || all.length > 0) throw inOrder(all);
  return config;
}

/** The problems as one error, in the order of the file. */
function inOrder(problems: Problem[]): ReleaseError {
  const sorted = problems.toSorted(
    ({ place: a }, { place: b }) => (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0),
  );
  return new ReleaseError(sorted as [Problem, ...Problem[]]);
}

const SYNTAX: Partial<Record<YAMLParseError['code'], [message: string, fix: string]>> = {
  TAB_AS_INDENT: ['A tab is used as indentation.', 'Indent with blanks: YAML allows no tabs there.'],
  MULTIPLE_DOCS: ['There is more than one YAML document.', 'Keep one: remove the `---` and what follows.'],
  BAD_INDENT: ['The indentation fits nothing above.', 'Align keys of one level in the same column.'],
  MULTILINE_IMPLICIT_KEY: ['A key goes over several lines.', 'Look for a missing `:` or quote above.'],
  BLOCK_AS_IMPLICIT_KEY: [
    'A mapping begins inside a value.',
    'Put quotes around a value that holds `: `, or start a new line.',
  ],
  BAD_SCALAR_START: ['A value begins with a character that YAML keeps for itself.', 'Put quotes around it.'],
};

function syntaxProblem(message: string, fix: string, place: Place): Problem {
  return problem({ code: 'config/syntax', message, fix, place });
}

const UNCLOSED: [message: string, fix: string] = [
  'A `{` or `[` above is still open here.',
  'Close it with `}` or `]`, or indent what belongs inside.',
];

function syntaxProblems(document: Document.Parsed, places: Places): Problem[] {
  return [...document.errors, ...document.warnings].map(({ code, message, pos }) => {
    // The parser has one code for any indentation that does not fit.
    const known = code === 'BAD_INDENT' && message.startsWith('Flow ') ? UNCLOSED : SYNTAX[code];
    const [text, fix] = known ?? [`${message}.`, 'Correct the YAML at this place.'];
    return syntaxProblem(text, fix, places.at(pos[0]));
  });
}

/** The parser would find these too, but places them imprecisely after an empty value. */
function duplicateKeys(document: Document, places: Places): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key) || key.value === '<<') continue;
        const message = `The key \`${String(key.value)}\` is written twice.`;
        const place = places.at(key.range?.[0] ?? 0);
        if (seen.has(key.value)) problems.push(syntaxProblem(message, 'Keep one of the two.', place));
        seen.add(key.value);
      }
    },
  });
  return problems;
}

function brokenAliases(document: Document, places: Places): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Alias: (_, alias, path) => {
      const target = alias.resolve(document);
      const place = places.at(alias.range?.[0] ?? 0);
      if (target === undefined)
        problems.push(
          syntaxProblem(
            `There is no anchor \`&${alias.source}\` before the alias \`*${alias.source}\`.`,
            'Set the anchor first; add quotes if the value only begins with `*`.',
            place,
          ),
        );
      else if (path.includes(target))
        problems.push(
          syntaxProblem(`The alias \`*${alias.source}\` is part of its own value.`, 'Write the value out.', place),
        );
    },
  });
  return problems;
}

/** @throws ReleaseError `config/syntax` when aliases multiply beyond measure */
function plainData(document: Document, origin: string): unknown {
  try {
    return document.toJS() as unknown;
  } catch (cause) {
    throw failure(
      {
        code: 'config/syntax',
        message: `${origin} can't be read: ${messageOf(cause)}.`,
        fix: 'Write the values out instead of nesting aliases.',
        place: { file: origin },
      },
      { cause },
    );
  }
}

/** GitHub fills in `${{ … }}` in workflow files only; here it would end up in an image unchanged. */
function expressionProblems(data: unknown, places: Places, path: readonly string[] = []): Problem[] {
  if (typeof data === 'object' && data !== null)
    return Object.entries(data).flatMap(([key, value]) => expressionProblems(value, places, [...path, key]));
  if (typeof data !== 'string' || !data.includes('${{')) return [];
  return [
    problem({
      code: 'config/invalid',
      message: `\`${path.join('.')}\` contains a workflow expression, \`\${{ … }}\`, which nothing fills in here.`,
      fix: 'Move the configuration to the `config` input of the step, where GitHub fills it in, or write the value.',
      place: places.place(path),
    }),
  ];
}
