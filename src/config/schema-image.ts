import * as z from 'zod';
import {
  contextSource,
  dockerfilePath,
  lines,
  mapping,
  nameValues,
  platformList,
  repositoryPath,
  text,
} from './schema-forms.js';
import { secretsSchema } from './schema-secrets.js';

export const NO_CACHE_DEFAULT = false;
const COMPONENT = '[a-z0-9][a-z0-9._-]*';
const IMAGE_NAME = String.raw`^(?:[a-z0-9][a-z0-9.-]*:\d+/)?${COMPONENT}(?:/${COMPONENT})*$`;

export const tagRules = () => lines('rule');

/** One entry of `images`. */
export const imageSchema = mapping(
  {
    context: repositoryPath()
      .optional()
      .meta({
        description:
          'Folder that the build sees, relative to the repository root; `.` is the root. Default: the key of the image.',
        examples: ['services/api'],
      }),
    dockerfile: dockerfilePath()
      .optional()
      .meta({
        description:
          'Path of the Dockerfile, relative to the context as in compose and bake files; `../docker/api.Dockerfile` may lead out of the context, not out of the repository. Default: `Dockerfile`.',
        examples: ['Dockerfile.production'],
      }),
    target: text('the name of a stage')
      .optional()
      .meta({
        description: 'Stage of the Dockerfile to build. Default: the last one.',
        examples: ['runtime'],
      }),
    // The pattern is for editors alone: the plan judges names, beside everything else that is wrong.
    image: text('an image name')
      .optional()
      .meta({
        pattern: IMAGE_NAME,
        description:
          'Name to publish under, without tag. Without a registry host it is appended to `registry`. Default: the key of the image.',
        examples: ['acme-api', 'docker.io/acme/api'],
      }),
    args: nameValues()
      .optional()
      .meta({
        description:
          'Build arguments. They are readable in the published provenance: no secrets here. Numbers keep the digits as written (`1.10` stays `1.10`).',
        examples: [{ NODE_VERSION: 24, NEXT_PUBLIC_API_URL: 'https://api.example.org' }],
      }),
    secrets: secretsSchema()
      .optional()
      .meta({
        description:
          'Build secrets for `RUN --mount=type=secret,id=…`: which environment variable or file holds the value, never the value itself.',
        examples: [{ npm: { env: 'NPM_TOKEN' } }, ['id=npm,env=NPM_TOKEN', 'id=npmrc,src=.npmrc']],
      }),
    platforms: platformList()
      .optional()
      .meta({
        description: 'Platforms to build for. Default: the platform of the builder.',
        examples: [['linux/amd64', 'linux/arm64'], 'linux/amd64,linux/arm64'],
      }),
    contexts: z
      .record(z.string().regex(/^[^=\s]+$/, { error: 'a name without blanks and `=`' }), contextSource(), {
        error: 'a mapping of names to paths or sources',
      })
      .optional()
      .meta({
        description:
          'Named contexts for `FROM name` and `COPY --from=name`: a path relative to the repository root, `image:<key>` (another image of this repository, which is then built first), `docker-image://…`, `oci-layout://…` or a URL.',
        examples: [
          { base: 'image:base', tools: 'docker-image://ghcr.io/acme/tools:1', shared: 'libs/shared' },
        ],
      }),
    labels: nameValues()
      .optional()
      .meta({
        description:
          'Labels beside the `org.opencontainers.image.*` ones that are set anyway; equal names win over those.',
        examples: [{ 'org.opencontainers.image.title': 'Acme API' }],
      }),
    annotations: nameValues()
      .optional()
      .meta({
        description:
          "Annotations beside the ones that are set anyway. A name may begin with buildx's level, such as `index:` or `manifest:`.",
        examples: [{ 'org.opencontainers.image.vendor': 'Acme' }],
      }),
    'no-cache': z
      .boolean({ error: 'true or false' })
      .optional()
      .meta({ description: 'Build every step anew.', default: NO_CACHE_DEFAULT, examples: [true] }),
    paths: lines('pattern')
      .optional()
      .meta({
        description:
          'What of the context counts when changes are looked for; a change elsewhere does not rebuild the image. That is your word against the Dockerfile, and `plan --explain` says so. Patterns are those of `.dockerignore`, relative to the context, but name what counts; `!` takes away again. The Dockerfile and the settings always count. A pattern that matches nothing is taken for a slip, and the image is built. Default: all that the Dockerfile copies.',
        examples: [['src', 'package*.json', '!src/docs']],
      }),
    tags: tagRules()
      .optional()
      .meta({
        description: 'Tag rules for this image in place of the ones of the release.',
        examples: [['type=sha,prefix={{branch}}-', 'type=raw,value=edge']],
      }),
  },
  'a mapping',
);

export type WrittenImage = z.output<typeof imageSchema>;
