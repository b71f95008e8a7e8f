import { throwProblems, type Problem } from '../lib/errors.js';
import { Secret } from '../lib/secret.js';
import { closest } from '../lib/suggestion.js';
import { BUILDER_TYPES, type BuilderType } from './builder-settings.js';
import type { ConfigWish } from './find.js';
import { readHandedOver, type HandedOver } from './handed-over.js';
import type { InputName } from './inputs.generated.js';
import { IMAGE_KEY, PLATFORM, listWords } from './schema-forms.js';

/** What one run was given besides the configuration, the same for the Action and the command line. */
export interface Inputs {
  config: ConfigWish;
  token?: Secret;
  /** In place of `token` for deploy commits and pull requests. */
  deployToken?: Secret;
  registryUsername?: string;
  /** Undefined: `token` serves for ghcr.io, other registries get the user's own login. */
  registryPassword?: Secret;
  /** Image keys; empty: all. */
  images: string[];
  /** What earlier jobs published: it is deployed, or first joined, and nothing is built. */
  published?: HandedOver;
  /** Further tags, besides those of the rules. */
  tags: string[];
  push: Choice | 'digest';
  deploy: Choice;
  /** In place of the configured ones; empty: as configured. */
  platforms: string[];
  /** In place of the configured choice; undefined: as configured. */
  builder?: 'auto' | BuilderType;
  noCache: boolean;
  /** Builds also images whose inputs did not change. */
  force: boolean;
  /** Whether an older commit, or one of another line of history, may take the place of what is deployed. */
  order: 'forward-only' | 'allow-rollback';
  dryRun: boolean;
}

export type Choice = 'auto' | 'true' | 'false';

const WORDS: Record<Choice | 'digest', readonly string[]> = {
  auto: ['auto'],
  digest: ['digest'],
  true: ['true', 'yes', 'on'],
  false: ['false', 'no', 'off'],
};

/**
 * Reads all inputs.
 * @param get the text of an input, empty when it is not given
 * @param label how messages call an input, such as `--push` on a command line
 * @throws ReleaseError with all problems at once: `input/invalid`, `input/conflict`
 */
export function readInputs(
  get: (name: InputName) => string,
  label: (name: InputName) => string = (name) => `input "${name}"`,
): Inputs {
  const problems: Problem[] = [];
  const invalid = (name: InputName, message: string, fix: string) =>
    problems.push({ code: 'input/invalid', severity: 'error', message: `${label(name)} ${message}`, fix });
  const given = (name: InputName) => get(name).trim();

  const oneOf = <Allowed extends string, Absent>(
    name: InputName,
    allowed: readonly Allowed[],
    absent: Absent,
    spellings: (candidate: Allowed) => readonly string[],
  ): Allowed | Absent => {
    const word = given(name).toLowerCase();
    const found = allowed.find((candidate) => spellings(candidate).includes(word));
    if (word === '' || found !== undefined) return found ?? absent;
    const near = closest(word, allowed);
    invalid(
      name,
      `must be ${listWords(allowed)}, here it is \`${given(name)}\`.`,
      near === undefined ? `Give ${listWords(allowed)}.` : `Did you mean \`${near}\`?`,
    );
    return absent;
  };
  const choice = <Allowed extends keyof typeof WORDS>(
    name: InputName,
    allowed: readonly Allowed[],
    absent: Allowed,
  ) => oneOf(name, allowed, absent, (candidate) => WORDS[candidate]);
  const list = (name: InputName, item: RegExp, expected: string): string[] => {
    const items = get(name)
      .split(/[,\n]/)
      .map((part) => part.trim())
      .filter((part) => part !== '');
    for (const bad of items.filter((part) => !item.test(part)))
      invalid(
        name,
        `must list ${expected}, \`${bad}\` is none.`,
        'Separate the items by commas or line breaks.',
      );
    return [...new Set(items)];
  };
  const secret = (name: InputName) => (given(name) === '' ? undefined : new Secret(given(name)));

  const token = (name: InputName) => {
    const found = secret(name);
    if (found !== undefined && !isToken(found)) invalid(name, NO_TOKEN, TOKEN_FIX);
    return found;
  };

  const images = list('images', new RegExp(`^${IMAGE_KEY}$`), 'keys of images');
  const inputs: Inputs = {
    config: readConfigWish(get('config')),
    token: token('token'),
    deployToken: token('deploy-token'),
    registryUsername: given('registry-username') || undefined,
    registryPassword: secret('registry-password'),
    images: images.includes('all') ? [] : images,
    published: undefined,
    tags: list('tags', /^\w[\w.-]{0,127}$/, 'tags of at most 128 letters, digits, `_`, `.` and `-`'),
    push: choice('push', ['auto', 'true', 'false', 'digest'], 'auto'),
    deploy: choice('deploy', ['auto', 'true', 'false'], 'auto'),
    platforms: list('platforms', new RegExp(`^${PLATFORM}$`), 'platforms such as `linux/arm64`'),
    builder: oneOf('builder', ['auto', ...BUILDER_TYPES] as const, undefined, (word) => [word]),
    noCache: choice('no-cache', ['true', 'false'], 'false') === 'true',
    force: choice('force', ['true', 'false'], 'false') === 'true',
    order:
      choice('allow-rollback', ['true', 'false'], 'false') === 'true' ? 'allow-rollback' : 'forward-only',
    dryRun: choice('dry-run', ['true', 'false'], 'false') === 'true',
  };
  // A block of lines (`published: |`) whose outputs are all empty: to build here instead was nobody's wish.
  if (get('published') !== '' && given('published') === '')
    invalid('published', 'is blank: the jobs that it names handed over nothing.', PUBLISHED_FIX);
  if (given('published') !== '') {
    const published = readHandedOver(given('published'));
    if (typeof published === 'string')
      invalid('published', `is no list of published images: ${published}.`, PUBLISHED_FIX);
    else inputs.published = published;
  }
  problems.push(...conflicts(inputs, label));

  throwProblems(problems);
  return inputs;
}

/** What goes into a header as it is. */
export const isToken = (secret: Secret): boolean => /^[\x21-\x7e]+$/.test(secret.reveal());
export const NO_TOKEN = 'holds a line break, a blank or another character that no token has.';
export const TOKEN_FIX = 'Store the secret anew, as one line.';

const PUBLISHED_FIX =
  'Pass the output as it is: `published: ${{ needs.build.outputs.images }}`, and list it in the `outputs` of that job.';

/** A single line that names a YAML file is a path, anything else is the configuration itself. */
function readConfigWish(text: string): ConfigWish {
  const line = text.trim();
  if (line === '') return { from: 'repository' };
  return /^[^\n:{]+\.ya?ml$/i.test(line) ? { from: 'file', path: line } : { from: 'text', text };
}

function conflicts(inputs: Inputs, label: (name: InputName) => string): Problem[] {
  const conflict = (message: string, fix: string): Problem => ({
    code: 'input/conflict',
    severity: 'error',
    message,
    fix,
  });
  if (inputs.published !== undefined && inputs.deploy === 'false')
    return [
      conflict(
        `With ${label('published')} nothing is built, and ${label('deploy')} false lets nothing be deployed: there is nothing to do.`,
        `Remove ${label('deploy')}.`,
      ),
    ];
  if (inputs.push === 'digest' && inputs.deploy === 'true')
    return [
      conflict(
        `With ${label('push')} digest no tag is put, and ${label('deploy')} is true: a deploy names a tag.`,
        `Remove ${label('deploy')}; the job that joins the platforms deploys.`,
      ),
    ];
  if (inputs.published !== undefined && inputs.push === 'digest')
    return [
      conflict(
        `${label('push')} digest is for the jobs that build; this one has ${label('published')} and joins what they have built.`,
        `Remove ${label('push')}.`,
      ),
    ];
  if (inputs.published === undefined && inputs.push === 'false' && inputs.deploy === 'true')
    return [
      conflict(
        `${label('deploy')} is true, but ${label('push')} is false: what isn't published can't be deployed.`,
        `Remove ${label('push')}, or set ${label('deploy')} to auto.`,
      ),
    ];
  return [];
}
