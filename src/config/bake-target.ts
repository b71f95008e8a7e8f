import { posix } from 'node:path';
import * as z from 'zod';
import type { HelperTarget } from './config.js';

import { splitPair } from './schema-forms.js';
import { NO_CACHE_DEFAULT, readSecrets } from './schema-image.js';

/** Newer buildx prints an entry of a list as an object, older as text in CSV. */
const entry = z.union([z.string(), z.record(z.string(), z.unknown())]);
const texts = z.record(z.string(), z.string().nullable());

/**
 * A target as `docker buildx bake --print` prints it, with everything inherited and filled in. Other settings are
 * passed on: https://docs.docker.com/build/bake/reference/#target
 */
export const bakeTargetSchema = z.looseObject({
  context: z.string().default('.'),
  dockerfile: z.string().default('Dockerfile'),
  'dockerfile-inline': z.string().optional(),
  target: z.string().optional(),
  args: texts.default({}),
  labels: texts.default({}),
  annotations: z.array(z.string()).default([]),
  contexts: z.record(z.string(), z.string()).default({}),
  platforms: z.array(z.string()).default([]),
  tags: z.array(z.string()).default([]),
  secret: z.array(entry).default([]),
  'cache-from': z.array(entry).default([]),
  'cache-to': z.array(entry).default([]),
  output: z.array(entry).default([]),
  'no-cache': z.boolean().default(NO_CACHE_DEFAULT),
});

export type BakeTarget = z.output<typeof bakeTargetSchema>;

/** The release sets them itself, or a build doesn't need them. */
const NOT_PASSED_ON = ['attest', 'call', 'description', 'name', 'inherits', 'matrix', 'load', 'push'];

/**
 * The build of a bake target.
 * @param root folder of the repository, in which bake was run
 * @param resolve key of the image or helper of another target
 */
export function readTarget(
  key: string,
  target: BakeTarget,
  root: string,
  resolve: (targetName: string) => string,
): HelperTarget {
  const { 'dockerfile-inline': inline, 'cache-from': from, 'cache-to': to } = target;
  const context = readSource(target.context, root);
  return {
    key,
    context,
    dockerfile: readDockerfile(target.dockerfile, context, root),
    ...(inline !== undefined && { dockerfileInline: inline }),
    ...(target.target !== undefined && { target: target.target }),
    args: withoutNull(target.args),
    secrets: readSecrets(target.secret.map(csv)),
    // In bake `local` means the builder's own platform.
    platforms: target.platforms.filter((platform) => platform !== 'local'),
    contexts: Object.fromEntries(
      Object.entries(target.contexts).map(([name, source]) => {
        // Older buildx leaves a compose service's name as it is written.
        const [, other] = /^(?:target|service):(.*)$/.exec(source) ?? [];
        return [name, other === undefined ? readSource(source, root) : `image:${resolve(targetName(other))}`];
      }),
    ),
    labels: withoutNull(target.labels),
    annotations: Object.fromEntries(target.annotations.map(splitPair)),
    noCache: target['no-cache'],
    extra: readExtra(target),
    ...((from.length > 0 || to.length > 0) && { cacheEntries: { from: from.map(csv), to: to.map(csv) } }),
  };
}

/** Bake's own rule for names of compose services, of which more is allowed. */
export function targetName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_');
}

/** Outputs that have no effect, because a release publishes in its own way. */
export function ignoredOutputs({ output }: BakeTarget): string[] {
  return output.map(csv).filter((text) => !PUBLICATION.test(text));
}

/** Publishing under the names in `tags`, or no output: a release does the same. */
const PUBLICATION = /^(?:type=)?(?:registry|image|docker|cacheonly)(?:,(?:push=(?:true|false)|name=.*))*$/;

/** Relative to the folder that bake is run in. */
function readSource(source: string, root: string): string {
  const path = source.replace(/^cwd:\/\//, '');
  if (path.startsWith('github.com/')) return `https://${path}`;
  if (isRemote(path)) return path;
  const relative = posix.isAbsolute(path) ? posix.relative(root, path) : posix.normalize(path);
  return relative.replace(/\/$/, '') || '.';
}

function readDockerfile(dockerfile: string, context: string, root: string): string {
  if (isRemote(context) || isRemote(dockerfile)) return dockerfile;
  return posix.isAbsolute(dockerfile) ? posix.relative(root, dockerfile) : posix.join(context, dockerfile);
}

function isRemote(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:|^git@/i.test(source);
}

function withoutNull(values: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

/** `{type: gha, scope: x}` → `type=gha,scope=x`, in the grammar of Go's encoding/csv. */
function csv(item: BakeTarget['output'][number]): string {
  if (typeof item === 'string') return item;
  const { type, ...rest } = item;
  return Object.entries({ ...(type !== undefined && { type }), ...rest })
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}

function readExtra(target: BakeTarget): Record<string, unknown> {
  const known = [...Object.keys(bakeTargetSchema.shape), ...NOT_PASSED_ON];
  return Object.fromEntries(Object.entries(target).filter(([name]) => !known.includes(name)));
}
