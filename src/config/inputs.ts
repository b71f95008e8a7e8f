import { problem, throwProblems, type Problem } from '../lib/errors.js';
import { Secret } from '../lib/secret.js';
import { didYouMean } from '../lib/suggestion.js';
import { BUILDER_TYPES, type BuilderOverride } from './builder-settings.js';
import type { ConfigSource } from './find.js';
import { readPublishedInput, type PublishedInput } from './published-input.js';
import type { InputName } from './inputs.generated.js';
import { CHANNEL, IMAGE_KEY, PLATFORM, listWords } from './schema-forms.js';

/** The inputs of one run, the same for the Action and the command line. */
export interface Inputs {
  config: ConfigSource;
  token?: Secret;
  /** In place of `token` for deploy commits and pull requests. */
  deployToken?: Secret;
  registryUsername?: string;
  /** Undefined: `token` for ghcr.io, the user's own login for other registries. */
  registryPassword?: Secret;
  /** Image keys; empty: all. */
  images: string[];
  /** Images of earlier jobs: they are deployed, or merged first, and nothing is built. */
  published?: PublishedInput;
  extraTags: string[];
  push: Choice | 'digest';
  deploy: Choice;
  /** Only the deploy targets of this channel; undefined: those of every channel. */
  channel?: string;
  /** The channel whose images are deployed to `channel`; nothing is built. */
  promote?: string;
  /** Override the configured ones; empty: as configured. */
  platforms: string[];
  /** Overrides the configured builders; undefined: as configured. */
  builder?: BuilderOverride;
  noCache: boolean;
  /** Builds all images, including those whose inputs did not change. */
  rebuild: boolean;
  /** Whether an older commit, or one of another line of history, may take the place of what is deployed. */
  order: 'forward-only' | 'allow-rollback';
  /** How long to wait until the cluster runs what was deployed, milliseconds; undefined: don't wait. */
  waitMs?: number;
  dryRun: boolean;
}

export type Choice = 'auto' | 'true' | 'false';

/** As buildx takes it for a new builder, or as Docker names a context. */
const BUILDER_NAME = /^[a-z0-9][\w.+-]*$/i;

/** Which are also taken without their operating system, as buildx takes them. */
const ARCHITECTURES = ['amd64', 'arm64', 'arm', '386', 'ppc64le', 's390x', 'riscv64'];

const SYNONYMS: Partial<Record<string, string>> = { yes: 'true', on: 'true', no: 'false', off: 'false' };

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
    problems.push(problem({ code: 'input/invalid', message: `${label(name)} ${message}`, fix }));
  const given = (name: InputName) => get(name).trim();

  const oneOf = <Allowed extends string, Absent>(
    name: InputName,
    allowed: readonly Allowed[],
    absent: Absent,
  ): Allowed | Absent => {
    const word = given(name).toLowerCase();
    const found = allowed.find((each) => each === (SYNONYMS[word] ?? word));
    if (word === '' || found !== undefined) return found ?? absent;
    const fix = didYouMean(word, allowed) ?? `Use ${listWords(allowed)}.`;
    invalid(name, `must be ${listWords(allowed)}, here it is \`${given(name)}\`.`, fix);
    return absent;
  };
  const list = (name: InputName, item: RegExp, expected: string, normalize = (part: string) => part): string[] => {
    const items = get(name)
      .split(/[,\n]/)
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(normalize);
    for (const bad of items.filter((part) => !item.test(part)))
      invalid(name, `must list ${expected}, \`${bad}\` is none.`, 'Separate items by commas or line breaks.');
    return [...new Set(items)];
  };
  const flag = (name: InputName) => oneOf(name, ['true', 'false'], 'false') === 'true';
  const secret = (name: InputName) => (given(name) === '' ? undefined : new Secret(given(name)));
  const token = (name: InputName) => {
    const found = secret(name);
    if (found !== undefined && !isToken(found)) invalid(name, NO_TOKEN, TOKEN_FIX);
    return found;
  };

  const channel = (name: 'channel' | 'promote') => {
    if (given(name) !== '' && !CHANNEL.test(given(name)))
      invalid(name, `must be the name of a channel, here it is \`${given(name)}\`.`, 'Use a `channel` of `deploy`.');
    return given(name) || undefined;
  };

  const builder = (): BuilderOverride | undefined => {
    const name = given('builder');
    const kinds = ['auto', ...BUILDER_TYPES] as const;
    const kind = kinds.find((each) => each === name.toLowerCase());
    if (name === '' || kind !== undefined) return kind;
    const typo = didYouMean(name, kinds);
    if (typo === undefined && BUILDER_NAME.test(name)) return { name };
    invalid(
      'builder',
      `must be ${listWords(kinds)}, or the name of a buildx builder, here it is \`${name}\`.`,
      typo ?? `Use ${listWords(kinds)}, or a name that \`docker buildx ls\` lists.`,
    );
    return undefined;
  };
  const configSource = (): ConfigSource => {
    const path = given('config');
    if (given('config-inline') === '') return path === '' ? { from: 'repository' } : { from: 'file', path };
    if (path !== '') {
      const message = `${label('config')} and ${label('config-inline')} are both given, and there is one configuration.`;
      problems.push(problem({ code: 'input/conflict', message, fix: `Remove ${label('config')}.` }));
    }
    return { from: 'text', text: get('config-inline') };
  };

  const duration = (name: 'wait') => {
    const [, count, unit = ''] = /^(\d{1,4})(s|m|h)$/.exec(given(name)) ?? [];
    if (given(name) !== '' && count === undefined)
      invalid(
        name,
        `must be a time such as \`10m\`, here it is \`${given(name)}\`.`,
        'Use seconds, minutes, or hours: `90s`, `10m`, `1h`.',
      );
    return count === undefined ? undefined : Number(count) * { s: 1000, m: 60_000, h: 3_600_000 }[unit]!;
  };

  const images = list('images', new RegExp(`^${IMAGE_KEY}$`), 'keys of images');
  const inputs: Inputs = {
    config: configSource(),
    token: token('token'),
    deployToken: token('deploy-token'),
    registryUsername: given('registry-username') || undefined,
    registryPassword: secret('registry-password'),
    images: images.includes('all') ? [] : images,
    extraTags: list('extra-tags', /^\w[\w.-]{0,127}$/, 'tags of at most 128 letters, digits, `_`, `.` and `-`'),
    push: oneOf('push', ['auto', 'true', 'false', 'digest'], 'auto'),
    deploy: oneOf('deploy', ['auto', 'true', 'false'], 'auto'),
    channel: channel('channel'),
    promote: channel('promote'),
    platforms: list('platforms', new RegExp(`^${PLATFORM}$`), 'platforms such as `linux/arm64`', (item) =>
      ARCHITECTURES.includes(item) ? `linux/${item}` : item,
    ),
    builder: builder(),
    noCache: flag('no-cache'),
    rebuild: flag('rebuild'),
    waitMs: duration('wait'),
    order: flag('allow-rollback') ? 'allow-rollback' : 'forward-only',
    dryRun: flag('dry-run'),
  };
  // A block of lines (`published: |`) whose outputs are all empty must not start a build here.
  if (get('published') !== '' && given('published') === '')
    invalid('published', 'is blank: the outputs of the earlier jobs are empty.', PUBLISHED_FIX);
  if (given('published') !== '') {
    const published = readPublishedInput(given('published'));
    if (typeof published === 'string')
      invalid('published', `is no list of published images: ${published}.`, PUBLISHED_FIX);
    else inputs.published = published;
  }
  problems.push(...conflicts(inputs, label));

  throwProblems(problems);
  return inputs;
}

/** It goes into a header unchanged. */
export const isToken = (secret: Secret): boolean => /^[\x21-\x7e]+$/.test(secret.reveal());
export const NO_TOKEN = 'contains a line break, a blank or another character that no token has.';
export const TOKEN_FIX = 'Store the secret again, as one line.';

const PUBLISHED_FIX =
  'Pass the output as it is: `published: ${{ needs.build.outputs.images }}`, and list it in the `outputs` of that job.';

function conflicts(inputs: Inputs, label: (name: InputName) => string): Problem[] {
  const { published, push, deploy } = inputs;
  const [pushName, deployName, publishedName] = (['push', 'deploy', 'published'] as const).map(label);
  const conflict = (message: string, fix: string) => [problem({ code: 'input/conflict', message, fix })];
  if (inputs.promote !== undefined && (inputs.channel === undefined || inputs.channel === inputs.promote))
    return conflict(
      `${label('promote')} names the channel to promote from, and ${label('channel')} ${inputs.channel === undefined ? 'is missing' : 'is the same'}.`,
      `Name the channel that is deployed to in ${label('channel')}.`,
    );
  if (inputs.promote !== undefined && published !== undefined)
    return conflict(
      `${label('promote')} deploys what a channel runs, and ${publishedName} what earlier jobs published.`,
      'Remove one of them.',
    );
  if (published !== undefined && deploy === 'false')
    return conflict(
      `With ${publishedName} nothing is built, and ${deployName} false deploys nothing: there is nothing to do.`,
      `Remove ${deployName}.`,
    );
  if (push === 'digest' && deploy === 'true')
    return conflict(
      `With ${pushName} digest no tag is created, and ${deployName} is true: a deploy names a tag.`,
      `Remove ${deployName}; the job that merges the platforms deploys.`,
    );
  if (published !== undefined && push === 'digest')
    return conflict(
      `${pushName} digest is for the jobs that build; this one has ${publishedName} and merges their images.`,
      `Remove ${pushName}.`,
    );
  if (published === undefined && push === 'false' && deploy === 'true')
    return conflict(
      `${deployName} is true, but ${pushName} is false: unpublished images can't be deployed.`,
      `Remove ${pushName}, or set ${deployName} to auto.`,
    );
  return [];
}
