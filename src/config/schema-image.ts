import * as z from 'zod';
import type { BuildSecret } from './config.js';
import {
  contextSource,
  dockerfilePath,
  lines,
  mapping,
  nameValues,
  platformList,
  repositoryPath,
  splitPair,
  text,
  option,
  boolean,
  either,
} from './schema-forms.js';

export const NO_CACHE_DEFAULT = false;
const COMPONENT = '[a-z0-9][a-z0-9._-]*';
const IMAGE_NAME = String.raw`^(?:[a-z0-9][a-z0-9.-]*:\d+/)?${COMPONENT}(?:/${COMPONENT})*$`;

const FIELD = '(?:(?:id|env|src|source)=[^,]+|type=(?:env|file))';
/** Fields in any order, with an `id`, and not both a variable and a file. */
const DOCKER_SECRET = new RegExp(
  `^(?=(?:.*,)?id=[^,])(?!(?=(?:.*,)?env=)(?:.*,)?(?:src|source)=)${FIELD}(?:,${FIELD})*$`,
);

const variable = () => text('the name of an environment variable', /^[A-Za-z_][A-Za-z0-9_]*$/);
const file = () =>
  text('the path of a file, relative to the repository root or absolute (`~` is not expanded)', /^[^~]/);

/** Secrets for `RUN --mount=type=secret,id=…`: the sources of the values, never the values. */
const secretsSchema = () =>
  either(
    [
      z
        .record(
          z.string().regex(/^[^,=\s]+$/, { error: 'a name without blanks, commas and `=`' }),
          either(
            [
              mapping({ env: variable() }).meta({ description: 'Taken from an environment variable.' }),
              mapping({ file: file() }).meta({ description: 'Taken from a file.' }),
            ],
            '`{env: NAME}` or `{file: PATH}`',
          ),
        )
        .meta({ description: 'Id to where the value comes from.' }),
      z
        .array(text('`id=ID,env=NAME` or `id=ID,src=PATH`', DOCKER_SECRET))
        .meta({ description: 'Items as docker build --secret takes them: id=npm,env=NPM_TOKEN' }),
    ],
    'a mapping of ids to `{env: NAME}` or `{file: PATH}`, or a list of `id=ID,env=NAME`',
  );

export const tagRules = () => lines('rule');

export const imageSchema = mapping({
  context: option(
    repositoryPath(),
    'Folder that the build sees, relative to the repository root; `.` is the root. Default: the key of the image.',
    { examples: ['services/api'] },
  ),
  dockerfile: option(
    dockerfilePath(),
    'Path of the Dockerfile, relative to the context as in compose and bake files; `../docker/api.Dockerfile` may lead out of the context, not out of the repository. Default: `Dockerfile`.',
    { examples: ['Dockerfile.production'] },
  ),
  target: option(text('the name of a stage'), 'Stage of the Dockerfile to build. Default: the last one.', {
    examples: ['runtime'],
  }),
  // The pattern is for editors only: the plan checks names together with everything else.
  image: text('an image name')
    .optional()
    .meta({
      pattern: IMAGE_NAME,
      description:
        'Name to publish under, without tag. Without a registry host it is appended to `registry`. Default: the key of the image.',
      examples: ['acme-api', 'docker.io/acme/api'],
    }),
  args: option(
    nameValues(),
    'Build arguments. They are readable in the published provenance: no secrets here. Numbers keep the digits as written (`1.10` stays `1.10`).',
    { examples: [{ NODE_VERSION: 24, NEXT_PUBLIC_API_URL: 'https://api.example.org' }] },
  ),
  secrets: option(
    secretsSchema(),
    'Build secrets for `RUN --mount=type=secret,id=…`: which environment variable or file contains the value, never the value itself.',
    { examples: [{ npm: { env: 'NPM_TOKEN' } }, ['id=npm,env=NPM_TOKEN', 'id=npmrc,src=.npmrc']] },
  ),
  platforms: option(platformList(), 'Platforms to build for. Default: the platform of the builder.', {
    examples: [['linux/amd64', 'linux/arm64'], 'linux/amd64,linux/arm64'],
  }),
  contexts: option(
    z.record(z.string().regex(/^[^=\s]+$/, { error: 'a name without blanks and `=`' }), contextSource(), {
      error: 'a mapping of names to paths or sources',
    }),
    'Named contexts for `FROM name` and `COPY --from=name`: a path relative to the repository root, `image:<key>` (another image of this repository, which is then built first), `docker-image://…`, `oci-layout://…` or a URL.',
    {
      examples: [{ base: 'image:base', tools: 'docker-image://ghcr.io/acme/tools:1', shared: 'libs/shared' }],
    },
  ),
  labels: option(
    nameValues(),
    'Labels in addition to the default `org.opencontainers.image.*` ones; equal names override those.',
    { examples: [{ 'org.opencontainers.image.title': 'Acme API' }] },
  ),
  annotations: option(
    nameValues(),
    "Annotations in addition to the default ones. A name may begin with buildx's level, such as `index:` or `manifest:`.",
    { examples: [{ 'org.opencontainers.image.vendor': 'Acme' }] },
  ),
  'no-cache': option(boolean(), 'Build every step without cache.', {
    default: NO_CACHE_DEFAULT,
    examples: [true],
  }),
  paths: option(
    lines('pattern'),
    'Files of the context that count as inputs; a change elsewhere does not rebuild the image. This overrides what the Dockerfile copies, and `plan --explain` shows it. Patterns are those of `.dockerignore`, relative to the context, but name what counts; `!` takes away again. The Dockerfile and the settings always count. If a pattern matches no file, it is treated as a typo and the image is built. Default: all that the Dockerfile copies.',
    { examples: [['src', 'package*.json', '!src/docs']] },
  ),
  tags: option(tagRules(), 'Tag rules for this image in place of the ones of the release.', {
    examples: [['type=sha,prefix={{branch}}-', 'type=raw,value=edge']],
  }),
});

export type WrittenImage = z.output<typeof imageSchema>;

type WrittenSecrets = z.output<ReturnType<typeof secretsSchema>>;

/** Expands both forms. `id=X` alone means the variable X, `type=env,src=X` too, as in docker's own parser. */
export function readSecrets(written: WrittenSecrets): BuildSecret[] {
  if (!Array.isArray(written)) return Object.entries(written).map(([id, from]) => ({ id, ...from }));
  return written.map((item) => {
    const fields = new Map(
      item.split(',').map((field): [string, string] => {
        const [name, value] = splitPair(field);
        return [name === 'source' ? 'src' : name, value];
      }),
    );
    const id = fields.get('id') ?? '';
    const source = fields.get('src');
    if (fields.get('type') === 'file' || (fields.get('type') === undefined && source !== undefined))
      return { id, file: source ?? id };
    return { id, env: fields.get('env') ?? source ?? id };
  });
}
