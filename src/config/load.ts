import { LineCounter, isScalar, parseDocument, visit, type Document, type YAMLParseError } from 'yaml';
import { ReleaseError, failure, messageOf, type Place, type Problem } from '../lib/errors.js';
import { TOO_DEEP, tooDeepAt } from '../lib/bounded.js';
import type { Config } from './config.js';
import { expandConfig } from './expand.js';
import { placesIn, type Places } from './places.js';
import { problemsOf } from './schema-issues.js';
import { configSchema } from './schema.js';

/** A configuration as it was found; `origin` is what messages call it. */
export interface ConfigText {
  text: string;
  /** Path relative to the repository root, or `input "config"`. */
  origin: string;
}

const MOST_IMAGES = 500;
const EXAMPLE = 'Begin with `images:` and below it one line per image, such as `  api: { context: api }`.';

/**
 * Reads a configuration (YAML 1.2, with merge keys).
 * @throws ReleaseError with all problems at once, each with its place: `config/syntax`, `config/empty`,
 *   `config/unknown-key`, `config/invalid`, `config/unknown-image`, `config/expression`
 */
export function loadConfig({ text, origin }: ConfigText): Config {
  const deep = tooDeepAt(text);
  if (deep !== undefined) throw new ReleaseError([tooDeep(text, deep, origin)]);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, merge: true });
  const places = placesIn(document, lineCounter, origin);

  const broken = [...syntaxProblems(document, places), ...brokenAliases(document, places)];
  const duplicates = duplicateKeys(document, places);
  if (broken.length > 0) throw inOrder([...broken, ...duplicates]);

  const data = plainData(document, origin);
  if (data === null)
    throw failure({
      code: 'config/empty',
      message: `${origin} is empty.`,
      fix: EXAMPLE,
      place: { file: origin },
    });

  const images = (data as { images?: object }).images;
  if (typeof images === 'object' && images !== null && Object.keys(images).length > MOST_IMAGES)
    throw failure({
      code: 'config/invalid',
      message: `${origin} has more than ${MOST_IMAGES} images.`,
      fix: 'Split the repository, or release its images by several configurations (`--config`).',
      place: places.place(['images']),
    });
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

function syntaxProblem([message, fix]: readonly [string, string], place: Place): Problem {
  return { code: 'config/syntax', severity: 'error', message, fix, place };
}

function tooDeep(text: string, at: number, file: string): Problem {
  const line = text.slice(0, at).split('\n').length;
  return syntaxProblem([`There are ${TOO_DEEP}.`, 'Close them, or nest less.'], { file, line });
}

const UNCLOSED: [message: string, fix: string] = [
  'A `{` or `[` above is still open here.',
  'Close it with `}` or `]`, or indent what belongs inside.',
];

function syntaxProblems(document: Document.Parsed, places: Places): Problem[] {
  return [...document.errors, ...document.warnings].map(({ code, message, pos }) => {
    // The parser has one code for any indentation that does not fit.
    const known = code === 'BAD_INDENT' && message.startsWith('Flow ') ? UNCLOSED : SYNTAX[code];
    return syntaxProblem(known ?? [`${message}.`, 'Correct the YAML at this place.'], places.at(pos[0]));
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
        if (seen.has(key.value))
          problems.push(
            syntaxProblem(
              [`The key \`${String(key.value)}\` is written twice.`, 'Keep one of the two.'],
              places.at(key.range?.[0] ?? 0),
            ),
          );
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
      if (target !== undefined && path.includes(target)) {
        const said = `The alias \`*${alias.source}\` is inside of what it stands for.`;
        const place = places.at(alias.range?.[0] ?? 0);
        problems.push(syntaxProblem([said, 'Write the value out.'], place));
      }
      if (target !== undefined) return;
      const fix = 'Set the anchor first; put quotes around a value that only begins with `*`.';
      problems.push(
        syntaxProblem(
          [`There is no anchor \`&${alias.source}\` before the alias \`*${alias.source}\`.`, fix],
          places.at(alias.range?.[0] ?? 0),
        ),
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

/** GitHub fills in `${{ … }}` in workflow files only; here it would end up in an image as it stands. */
function expressionProblems(data: unknown, places: Places, path: readonly string[] = []): Problem[] {
  if (typeof data === 'object' && data !== null)
    return Object.entries(data).flatMap(([key, value]) => expressionProblems(value, places, [...path, key]));
  if (typeof data !== 'string' || !data.includes('${{')) return [];
  return [
    {
      code: 'config/expression',
      severity: 'error',
      message: `\`${path.join('.')}\` holds a workflow expression, \`\${{ … }}\`, which nothing fills in here.`,
      fix: 'Give the configuration in the `config` input of the step, where GitHub fills it in, or write the value.',
      place: places.place(path),
    },
  ];
}
