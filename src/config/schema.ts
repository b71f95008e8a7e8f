import * as z from 'zod';
import { builderSchema } from './schema-builder.js';
import { deploySchema } from './schema-deploy.js';
import {
  IMAGE_KEY,
  RESERVED_KEYS,
  commaList,
  either,
  lines,
  listWords,
  mapping,
  oneOf,
  repositoryPath,
  text,
  option,
  boolean,
} from './schema-forms.js';
import { imageSchema, tagRules } from './schema-image.js';

export const DEFAULTS = {
  cache: 'auto',
  provenance: 'auto',
  sbom: 'on',
  sign: 'off',
  skipUnchanged: true,
  mounts: true,
  mountsMaxSize: '2g',
  builder: 'auto',
} as const;

const attestSchema = mapping({
  provenance: option(
    either([oneOf(['auto', 'max', 'min', 'off']), z.boolean()], 'auto, max, min or off'),
    'Detail of the provenance. `max` includes build arguments; `auto` is `max` for a public repository and `min` for any other. `true` is `auto`, `false` is `off`.',
    { default: DEFAULTS.provenance, examples: ['max'] },
  ),
  sbom: option(
    either([oneOf(['on', 'best-effort', 'off']), z.boolean()], 'on, best-effort or off'),
    "Whether each platform gets a list of its packages (SPDX). `best-effort` publishes without one where the scanner can't be had. `true` is `on`, `false` is `off`.",
    { default: DEFAULTS.sbom, examples: ['off'] },
  ),
  scanner: option(
    text('the reference of an image'),
    "Image of the scanner that makes the SBOM, with BuildKit's scanner protocol. Default: BuildKit's own choice, `docker/buildkit-syft-scanner`.",
    { examples: ['ghcr.io/acme/scanner:1'] },
  ),
  sign: option(
    oneOf(['github', 'cosign', 'off']),
    "Signer of the images' origin. `github`: one attestation for all of them by GitHub's Sigstore, needs `id-token: write` and `attestations: write`; `cosign`: the cosign program, per image.",
    { default: DEFAULTS.sign, examples: ['github'] },
  ),
});

/** `500m`, `2g`: bytes with a unit of 1024. */
const SIZE = /^[1-9]\d*[kmg]$/;
/** Minutes, hours, days or weeks. */
export const SPAN = /^[1-9]\d*[mhdw]$/;

const cacheNames = ['auto', 'gha', 'registry', 'none'] as const;

/** An `image-release.yml` as a person writes it; `expandConfig` makes a `Config` of it. */
export const configSchema = mapping(
  {
    registry: option(
      text(
        'a registry with an optional path in lower case, such as `ghcr.io/acme`, without `https://`',
        /^[a-z0-9][a-z0-9.-]*(?::\d+)?(?:\/[a-z0-9][a-z0-9._-]*)*\/?$/,
      ),
      'Prefix for image names. Default: `ghcr.io/<owner of the repository>`.',
      { examples: ['ghcr.io/acme'] },
    ),
    images: z
      .record(
        z.string().regex(new RegExp(`^(?!(?:${RESERVED_KEYS.join('|')})$)${IMAGE_KEY}$`), {
          error: `lower-case letters, digits, \`-\` and \`_\`, and none of the reserved words ${listWords(RESERVED_KEYS)}`,
        }),
        either(
          [imageSchema, z.null().meta({ description: 'All defaults.' })],
          'a mapping, or nothing for all defaults',
        ),
        { error: 'a mapping of image keys to how each is built' },
      )
      .refine((images) => Object.keys(images).length > 0, { error: 'a mapping with at least one image' })
      .optional()
      .meta({
        minProperties: 1,
        description:
          'The images of this repository. The key names an image in outputs (`<key>-digest`), on the command line and in `deploy`; nothing after the key means all defaults.',
        examples: [{ api: null, frontend: { context: 'web' } }],
      }),
    bake: option(
      either(
        [
          repositoryPath().meta({ description: 'One file; its group `default`.' }),
          mapping({
            file: either(
              [repositoryPath(), z.array(repositoryPath()).min(1, { error: 'a path, or a list of them' })],
              'a path, or a list of them',
            ).meta({
              description: 'The files, as `docker buildx bake -f` takes them, relative to the repository root.',
              examples: ['docker-bake.hcl', ['compose.yml', 'docker-bake.override.json']],
            }),
            targets: option(
              commaList('a target or group', '[A-Za-z0-9_-]+', 'a list of targets, or one comma-separated string'),
              'Targets and groups that are released. Default: `default`, of a compose file all services that are built.',
              { examples: [['api', 'web']] },
            ),
          }).meta({ description: 'Files and targets.' }),
        ],
        'a path, or a mapping with `file` and `targets`',
      ),
      'A bake or compose file whose targets are the images, instead of `images` or in addition. Settings under `images` override those of a target of the same key.',
      { examples: ['docker-bake.hcl', { file: 'compose.yml', targets: ['api', 'web'] }] },
    ),
    tags: option(
      tagRules(),
      'Tag rules in the grammar of docker/metadata-action. The first rule that gives an immutable tag is the one that is deployed. Default: `type=sha,prefix={{branch}}-`, `latest` on the default branch, the versions on a version tag.',
      { examples: [['type=sha,prefix={{branch}}-', 'type=semver,pattern={{version}}']] },
    ),
    flavor: option(lines('item'), "Settings for all tags, as docker/metadata-action's `flavor`.", {
      examples: [['latest=false', 'suffix=-alpine']],
    }),
    cache: option(
      either(
        [
          oneOf(cacheNames),
          z.boolean(),
          mapping({
            type: option(oneOf(cacheNames), 'The kind of cache.', {
              default: DEFAULTS.cache,
              examples: ['registry'],
            }),
            ref: option(
              text('an image reference'),
              'Of `registry`: repository of the cache. Default: that of each image.',
              { examples: ['ghcr.io/acme/cache'] },
            ),
            mounts: option(
              boolean(),
              'Whether the contents of `RUN --mount=type=cache` are carried between runs in the Actions cache.',
              { default: DEFAULTS.mounts, examples: [false] },
            ),
            'mounts-max-size': option(
              text('a size such as `500m` or `2g`', SIZE),
              'Maximum size; a larger mount is not saved.',
              { default: DEFAULTS.mountsMaxSize, examples: ['500m'] },
            ),
          }).meta({ description: 'A cache with other settings.' }),
        ],
        `${listWords(cacheNames)}, or a mapping with \`type\`, \`ref\` and \`mounts\``,
      ),
      "Storage of layers between runs. `auto` is GitHub's cache on a runner and the builder's own elsewhere; each image and platform has its own scope. `true` is `auto`, `false` is `none`.",
      { default: DEFAULTS.cache, examples: ['gha', { type: 'registry', ref: 'ghcr.io/acme/cache' }] },
    ),
    attest: option(
      either(
        [attestSchema, oneOf(['off']).meta({ description: 'Neither provenance nor SBOM.' }), z.literal(false)],
        'a mapping with `provenance`, `sbom` and `scanner`, or off',
      ),
      'Attestations of each image.',
      { examples: [{ provenance: 'max', sbom: 'on' }] },
    ),
    'skip-unchanged': option(
      boolean(),
      'Whether an image whose inputs did not change since it was last published is not built again; it keeps its digest.',
      { default: DEFAULTS.skipUnchanged, examples: [false] },
    ),
    'max-age': option(
      text('a span of time such as `12h` or `7d`', SPAN),
      'From this age an unchanged image is rebuilt without cache, so that steps like `apt-get update` run again. Default: never.',
      { examples: ['7d'] },
    ),
    deploy: option(
      deploySchema(),
      'Kustomizations that a commit updates to the new images. Default: none, images are only published.',
      {
        examples: [
          'k8s/kustomization.yml',
          [{ kustomization: 'k8s/staging' }, { kustomization: 'k8s/production', branch: 'production' }],
        ],
      },
    ),
    builder: option(
      builderSchema(),
      'Builder of the images. `auto` uses the current builder if it can do the build, else the next one that works here; `image-release doctor` shows which. A list is tried in its order.',
      {
        default: DEFAULTS.builder,
        examples: [
          { type: 'buildx', name: 'my-builder' },
          ['buildx', { type: 'kaniko', namespace: 'builds', 'registry-secret': 'ghcr-push' }],
        ],
      },
    ),
  },
  'a mapping with `images`',
);

export type WrittenConfig = z.output<typeof configSchema>;

/** The JSON Schema (draft 7, which every editor's YAML support knows) of `image-release.yml`. */
export function imageReleaseJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { target: 'draft-07', io: 'input' });
  return {
    $schema,
    $id: 'https://raw.githubusercontent.com/ardenone/image-release/v1/schema/image-release.schema.json',
    description: 'How the images of a repository are built, published and rolled out.',
    ...schema,
    // Only for editors: the loader reports it together with other problems.
    anyOf: (['images', 'bake'] as const).map((name) => ({
      properties: { [name]: { description: configSchema.shape[name].meta()?.description } },
      required: [name],
    })),
  };
}
