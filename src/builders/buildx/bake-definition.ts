import { posix } from 'node:path';
import type { HelperTarget } from '../../config/config.js';
import type { PlannedImage } from '../../plan/plan.js';
import { helpersIn, platformsOf } from '../../plan/dependencies.js';
import { levelAnnotations } from './bake/annotations.js';
import { contextSources } from './bake/context-sources.js';
import { entitlementsOf } from './bake/entitlements.js';

/** Who pushes the results, and how; `no`: nobody. */
export type Push =
  | 'by-digest'
  | 'under-release-tag'
  /** Under the release tag, by a daemon whose BuildKit can't: that of the classic image store. */
  | 'by-the-daemon'
  | 'no';

export interface BakeDefinition {
  /** For the standard input of `docker buildx bake -f -`, run in the repository root. */
  json: string;
  /** Name of the bake target of each image that is built, by image key: what progress and metadata speak of. */
  targets: Record<string, string>;
  /** Local paths that the build reads, as given: newer buildx wants them allowed one by one. */
  reads: string[];
  /** Other things that newer buildx wants allowed: `network.host`, `ssh`. */
  entitlements: string[];
}

/** What images and helper targets have in common for bake. */
type Buildable = Pick<
  PlannedImage,
  | 'context'
  | 'dockerfile'
  | 'dockerfileInline'
  | 'target'
  | 'args'
  | 'contexts'
  | 'secrets'
  | 'noCache'
  | 'extra'
>;

/**
 * Compiles those of the planned images that are built into one bake file, so that one BuildKit session builds
 * them side by side, shared stages once, and an image after the one that it stands on. `push` says where the
 * results go; `no` builds to prove that it builds.
 */
export function bakeDefinition(images: readonly PlannedImage[], push: Push): BakeDefinition {
  const built = images.filter(({ status }) => status === 'build');
  const helpers = helpersIn(built);
  const all = [...built, ...helpers];
  const names = nameTargets(all.map(({ key }) => key));
  const common = (target: Buildable) => ({
    ...buildSettings(target),
    contexts: contextSources(target.contexts, names, images),
  });
  const epoch = built[0]?.sourceDateEpoch;
  const definition = {
    group: { default: { targets: built.map(({ key }) => names[key]!) } },
    target: Object.fromEntries([
      ...built.map((image) => [names[image.key]!, { ...common(image), ...publication(image, push) }]),
      ...helpers.map((helper) => [
        names[helper.key]!,
        { ...common(helper), ...onTheWay(helper, platformsOf(helper, built), epoch) },
      ]),
    ]) as Record<string, object>,
  };
  return {
    json: JSON.stringify(literally(definition)),
    targets: Object.fromEntries(built.map(({ key }) => [key, names[key]!])),
    reads: [...new Set(all.flatMap(localPaths))],
    entitlements: [...new Set(all.flatMap(({ extra }) => entitlementsOf(extra)))],
  };
}

function buildSettings(target: Buildable): object {
  return {
    ...target.extra,
    context: target.context,
    ...(target.dockerfileInline === undefined
      ? { dockerfile: dockerfilePath(target) }
      : { 'dockerfile-inline': target.dockerfileInline }),
    target: target.target,
    secret: unlessEmpty(
      target.secrets.map((secret) =>
        csv(`id=${secret.id}`, 'env' in secret ? `env=${secret.env}` : `src=${secret.file}`),
      ),
    ),
    'no-cache': target.noCache || undefined,
  };
}

function publication(image: PlannedImage, push: Push): object {
  return {
    args: { SOURCE_DATE_EPOCH: String(image.sourceDateEpoch), ...image.args },
    platforms: unlessEmpty(image.platforms),
    labels: image.labels,
    annotations: unlessEmpty(
      push === 'no' ? [] : levelAnnotations(image.annotations, makesIndex(image) ? 'index' : 'manifest'),
    ),
    attest: attestations(image, push),
    'cache-from': unlessEmpty(image.cacheFrom),
    'cache-to': unlessEmpty(image.cacheTo),
    output: [OUTPUTS[push](image)],
  };
}

/** Attestations are of what is published, and hold what it was built on. */
function onTheWay(helper: HelperTarget, platforms: readonly string[], epoch: number | undefined): object {
  return {
    args: { ...(epoch !== undefined && { SOURCE_DATE_EPOCH: String(epoch) }), ...helper.args },
    platforms: unlessEmpty(platforms),
    labels: helper.labels,
    attest: ['type=provenance,disabled=true'],
    'cache-from': unlessEmpty(helper.cacheEntries?.from ?? []),
    'cache-to': unlessEmpty(helper.cacheEntries?.to ?? []),
    output: ['type=cacheonly'],
  };
}

/**
 * `store=false`: a builder with an image store would keep every release in it, and two builds that name an image there
 * for the first time at the same moment fail with "already exists" (docker/buildx#3576).
 *
 * `oci-mediatypes` also where nothing makes an index: annotations exist in OCI manifests only.
 *
 * `push=` means `push=true` to BuildKit and nothing to buildx, which before 0.22 has a daemon with the containerd store
 * push once more what BuildKit has pushed (docker/buildx, driver.DirectPush). That second push puts the manifests of
 * all platforms under the release tag, at the same time and in any order: until the index follows the tag is wrong, and
 * a registry that writes a tag while it is asked for it answers 500 (distribution 2.8).
 */
const OUTPUTS: Record<Push, (image: PlannedImage) => string> = {
  'by-digest': ({ image }) =>
    csv(
      'type=image',
      `name=${image}`,
      'push-by-digest=true',
      'name-canonical=true',
      OCI,
      UNKEPT,
      'push=true',
    ),
  'under-release-tag': (image) => csv('type=image', releaseName(image), OCI, UNKEPT, 'push='),
  'by-the-daemon': (image) => csv('type=image', releaseName(image), OCI, 'push=true'),
  no: () => 'type=cacheonly',
};
const OCI = 'oci-mediatypes=true';
const UNKEPT = 'store=false';
const releaseName = ({ image, releaseTag }: PlannedImage) => `name=${image}:${releaseTag}`;

function makesIndex({ platforms, attest }: PlannedImage): boolean {
  return platforms.length > 1 || attest.provenance !== 'off' || attest.sbom !== 'off';
}

/** Provenance is on by default in buildx, so `off` has to be said; nothing carries attestations without a push. */
function attestations({ attest }: PlannedImage, push: Push): string[] {
  const provenance =
    push === 'no' || attest.provenance === 'off'
      ? 'type=provenance,disabled=true'
      : `type=provenance,mode=${attest.provenance}`;
  if (push === 'no' || attest.sbom === 'off') return [provenance];
  const { scanner } = attest.sbom;
  return [provenance, csv('type=sbom', ...(scanner === undefined ? [] : [`generator=${scanner}`]))];
}

/** Bake resolves `dockerfile` against the context, the plan against the repository root. */
function dockerfilePath({ context, dockerfile }: Buildable): string {
  return posix.isAbsolute(dockerfile) || !isLocal(context) ? dockerfile : posix.relative(context, dockerfile);
}

function isLocal(context: string): boolean {
  return !/^[a-z][a-z0-9+.-]*:|^git@/i.test(context);
}

function localPaths(target: Buildable): string[] {
  const contexts = [target.context, ...Object.values(target.contexts)];
  return [
    ...contexts.filter(isLocal),
    ...contexts.flatMap((context) => /^oci-layout:\/\/([^@]+)/.exec(context)?.[1] ?? []),
    ...(target.dockerfileInline === undefined ? [target.dockerfile] : []),
    ...target.secrets.flatMap((secret) => ('file' in secret ? [secret.file] : [])),
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
export function csv(...fields: string[]): string {
  return fields
    .map((field) => (/[",\r\n]|^\s/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}

function unlessEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
