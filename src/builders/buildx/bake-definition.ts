import { posix } from 'node:path';
import { baseKey, type HelperTarget } from '../../config/config.js';
import type { PlannedImage } from '../../plan/plan.js';
import { formatReference } from '../../plan/references.js';
import { helpersIn, platformsOf } from '../../plan/dependencies.js';

/** How the results are pushed. */
export type Push =
  | 'by-digest'
  | 'under-release-tag'
  /** Under the release tag, by a daemon with the classic image store: its BuildKit can't push. */
  | 'by-the-daemon'
  | 'no';

type BuildTarget = PlannedImage | HelperTarget;

/**
 * Compiles the images that are built into one bake file: one BuildKit session builds them in parallel, shared stages
 * once, and an image after its base. `no` builds without publishing.
 * @returns `json`: for the standard input of `docker buildx bake -f -`, run in the repository root; `targets`: bake target
 *   of each image that is built, by image key (progress and metadata use these names); `allow`: permissions that buildx
 *   0.16 and newer ask for. The bake file is the repository's own.
 *   https://docs.docker.com/reference/cli/docker/buildx/bake/#allow
 */
export function bakeDefinition(images: readonly PlannedImage[], push: Push) {
  const built = images.filter(({ status }) => status === 'build');
  const helpers = helpersIn(built);
  const all = [...built, ...helpers];
  const names = nameTargets(all.map(({ key }) => key));
  const common = (target: BuildTarget) => ({
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
        { ...common(helper), ...helperOutput(helper, platformsOf(helper, built), epoch) },
      ]),
    ]) as Record<string, object>,
  };
  return {
    json: JSON.stringify(literally(definition)),
    targets: Object.fromEntries(built.map(({ key }) => [key, names[key]!])),
    allow: [
      ...new Set(all.flatMap(localPaths).map((path) => `fs.read=${path}`)),
      ...new Set(all.flatMap(({ extra }) => entitlementsOf(extra))),
    ],
  };
}

function buildSettings(target: BuildTarget): object {
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

/** Helpers are not published, so they have no attestations. */
function helperOutput(helper: HelperTarget, platforms: readonly string[], epoch: number | undefined): object {
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
 * `store=false`: a builder with an image store would keep every release, and two builds that name an image there for the
 * first time at the same moment fail with "already exists" (docker/buildx#3576).
 *
 * `oci-mediatypes` also without an index: annotations exist in OCI manifests only.
 *
 * `push=` means `push=true` to BuildKit and nothing to buildx. Before 0.22 buildx would push again through a daemon with
 * the containerd store (driver.DirectPush): the manifests of all platforms under the release tag, in any order, so the
 * tag is wrong until the index follows.
 */
const OUTPUTS: Record<Push, (image: PlannedImage) => string> = {
  'by-digest': ({ image }) =>
    csv('type=image', `name=${image}`, 'push-by-digest=true', 'name-canonical=true', OCI, UNKEPT, 'push=true'),
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

/** Provenance is on by default in buildx; without a push there are no attestations. */
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
function dockerfilePath({ context, dockerfile }: BuildTarget): string {
  return posix.isAbsolute(dockerfile) || !isLocal(context) ? dockerfile : posix.relative(context, dockerfile);
}

function isLocal(context: string): boolean {
  return !/^[a-z][a-z0-9+.-]*:|^git@/i.test(context);
}

function localPaths(target: BuildTarget): string[] {
  const contexts = [target.context, ...Object.values(target.contexts)];
  return [
    ...contexts.filter(isLocal),
    ...contexts.flatMap((context) => /^oci-layout:\/\/([^@]+)/.exec(context)?.[1] ?? []),
    ...(target.dockerfileInline === undefined ? [target.dockerfile] : []),
    ...target.secrets.flatMap((secret) => ('file' in secret ? [secret.file] : [])),
  ];
}

/**
 * Named contexts as bake takes them. A base that is built in the same bake is its target, so BuildKit orders the builds;
 * an unchanged one is the published image, by digest.
 * @param targets bake target by key of image or helper
 */
function contextSources(
  contexts: Readonly<Record<string, string>>,
  targets: Readonly<Record<string, string>>,
  images: readonly PlannedImage[],
): Record<string, string> {
  const resolve = (source: string): string => {
    const key = baseKey(source);
    if (key === undefined) return source;
    if (targets[key] !== undefined) return `target:${targets[key]}`;
    const image = images.find((other) => other.key === key);
    if (image?.status !== 'unchanged') throw new Error(`${source} is neither built nor published.`);
    return `docker-image://${formatReference({ name: image.image, digest: image.digest })}`;
  };
  return Object.fromEntries(Object.entries(contexts).map(([name, source]) => [name, resolve(source)]));
}

/** @param extra settings of a target, in bake's words */
function entitlementsOf({ network, ssh, entitlements }: Readonly<Record<string, unknown>>): string[] {
  return [
    ...(network === 'host' ? ['network.host'] : []),
    ...(Array.isArray(ssh) && ssh.length > 0 ? ['ssh'] : []),
    ...(Array.isArray(entitlements) ? entitlements.filter((item) => typeof item === 'string') : []),
  ];
}

/** https://docs.docker.com/build/metadata/annotations/#specify-annotation-level */
const LEVEL = String.raw`(?:index|manifest)(?:-descriptor)?(?:\[[\w./-]+\])?`;
const WITH_LEVELS = new RegExp(`^(${LEVEL}(?:,${LEVEL})*):(.+)$`);

/**
 * Annotations as buildx takes them, `<level>:<name>=<value>`. Without a level they are on the manifests and on the
 * index, if there is one; BuildKit refuses index levels without an index.
 */
export function levelAnnotations(annotations: Readonly<Record<string, string>>, makes: 'index' | 'manifest'): string[] {
  return Object.entries(annotations).flatMap(([name, value]) => {
    const [, levels, bare = name] = WITH_LEVELS.exec(name) ?? [];
    return (levels?.split(',') ?? ['index', 'manifest'])
      .filter((level) => makes === 'index' || !level.startsWith('index'))
      .map((level) => `${level}:${bare}=${value}`);
  });
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
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [escapeTemplate(key), literally(item)]));
}

export function escapeTemplate(text: string): string {
  return text.replace(/[$%](?=\{)/g, (sign) => sign + sign);
}

/** One record in the grammar of Go's encoding/csv, which BuildKit reads options with. */
export function csv(...fields: string[]): string {
  return fields.map((field) => (/[",\r\n]|^\s/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

function unlessEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
