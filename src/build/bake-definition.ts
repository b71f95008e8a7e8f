import { posix } from 'node:path';
import type { PlannedImage } from '../plan/plan.js';
import type { BuiltImage } from './built.js';

export interface BakeDefinition {
  /** For the standard input of `docker buildx bake -f -`, run in the repository root. */
  json: string;
  /** Name of each image's bake target, by image key: what progress and metadata speak of. */
  targets: Record<string, string>;
  /** Local paths that the build reads, as given: newer buildx wants them allowed one by one. */
  reads: string[];
}

/**
 * Compiles the planned images into one bake file, so that one BuildKit session builds them side by side and
 * shared stages once. `push` says where the results go; `no` builds to prove that it builds.
 */
export function bakeDefinition(images: readonly PlannedImage[], push: BuiltImage['pushed']): BakeDefinition {
  const targets = nameTargets(images.map((image) => image.key));
  const definition = {
    group: { default: { targets: images.map((image) => targets[image.key]!) } },
    target: Object.fromEntries(images.map((image) => [targets[image.key]!, bakeTarget(image, push)])),
  };
  return {
    json: JSON.stringify(literally(definition)),
    targets,
    reads: [...new Set(images.flatMap(localPaths))],
  };
}

function bakeTarget(image: PlannedImage, push: BuiltImage['pushed']): object {
  return {
    context: image.context,
    dockerfile: dockerfilePath(image),
    target: image.target,
    args: { SOURCE_DATE_EPOCH: String(image.sourceDateEpoch), ...image.args },
    platforms: unlessEmpty(image.platforms),
    contexts: image.contexts,
    labels: image.labels,
    annotations: unlessEmpty(annotations(image, push)),
    attest: attestations(image, push),
    'cache-from': unlessEmpty(image.cacheFrom),
    'cache-to': unlessEmpty(image.cacheTo),
    secret: unlessEmpty(
      image.secrets.map((secret) =>
        csv(`id=${secret.id}`, 'env' in secret ? `env=${secret.env}` : `src=${secret.file}`),
      ),
    ),
    'no-cache': image.noCache || undefined,
    output: [OUTPUTS[push](image)],
  };
}

/** `oci-mediatypes` also where nothing makes an index: annotations exist in OCI manifests only. */
const OUTPUTS: Record<BuiltImage['pushed'], (image: PlannedImage) => string> = {
  'by-digest': ({ image }) =>
    csv('type=image', `name=${image}`, 'push-by-digest=true', 'name-canonical=true', ...PUSH),
  'under-release-tag': ({ image, releaseTag }) => csv('type=image', `name=${image}:${releaseTag}`, ...PUSH),
  no: () => 'type=cacheonly',
};
const PUSH = ['oci-mediatypes=true', 'push=true'];

/** Annotations need a manifest to stand on; on an index only where there is one, or BuildKit refuses. */
function annotations(image: PlannedImage, push: BuiltImage['pushed']): string[] {
  if (push === 'no') return [];
  const levels = makesIndex(image) ? ['index', 'manifest'] : ['manifest'];
  return levels.flatMap((level) =>
    Object.entries(image.annotations).map(([name, value]) => `${level}:${name}=${value}`),
  );
}

function makesIndex({ platforms, attest }: PlannedImage): boolean {
  return platforms.length > 1 || attest.provenance !== 'off' || attest.sbom !== 'off';
}

/** Provenance is on by default in buildx, so `off` has to be said; nothing carries attestations without a push. */
function attestations({ attest }: PlannedImage, push: BuiltImage['pushed']): string[] {
  const provenance =
    push === 'no' || attest.provenance === 'off'
      ? 'type=provenance,disabled=true'
      : `type=provenance,mode=${attest.provenance}`;
  if (push === 'no' || attest.sbom === 'off') return [provenance];
  const { scanner } = attest.sbom;
  return [provenance, csv('type=sbom', ...(scanner === undefined ? [] : [`generator=${scanner}`]))];
}

/** Bake resolves `dockerfile` against the context, the plan against the repository root. */
function dockerfilePath({ context, dockerfile }: PlannedImage): string {
  return posix.isAbsolute(dockerfile) || !isLocal(context) ? dockerfile : posix.relative(context, dockerfile);
}

function isLocal(context: string): boolean {
  return !/^[a-z][a-z0-9+.-]*:|^git@/i.test(context);
}

function localPaths(image: PlannedImage): string[] {
  const contexts = [image.context, ...Object.values(image.contexts)];
  return [
    ...contexts.filter(isLocal),
    ...contexts.flatMap((context) => /^oci-layout:\/\/([^@]+)/.exec(context)?.[1] ?? []),
    image.dockerfile,
    ...image.secrets.flatMap((secret) => ('file' in secret ? [secret.file] : [])),
  ];
}

/** Bake accepts letters, digits, `_` and `-`; `default` is its group and `internal` BuildKit's own prefix. */
function nameTargets(keys: readonly string[]): Record<string, string> {
  const taken = new Set(['default', 'internal']);
  return Object.fromEntries(
    keys.map((key) => {
      const base = key.replace(/[^A-Za-z0-9_-]/g, '_');
      let name = base;
      for (let count = 2; taken.has(name); count++) name = `${base}-${count}`;
      taken.add(name);
      return [key, name];
    }),
  );
}

/** Bake evaluates HCL templates in the strings of a JSON file, keys included; escaped they are plain text. */
function literally(value: unknown): unknown {
  if (typeof value === 'string') return escapeTemplate(value);
  if (Array.isArray(value)) return value.map(literally);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [escapeTemplate(key), literally(item)]),
  );
}

export function escapeTemplate(text: string): string {
  return text.replace(/[$%](?=\{)/g, (sign) => sign + sign);
}

/** One record in the grammar of Go's encoding/csv, which BuildKit reads options with. */
function csv(...fields: string[]): string {
  return fields
    .map((field) => (/[",\r\n]|^\s/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}

function unlessEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
