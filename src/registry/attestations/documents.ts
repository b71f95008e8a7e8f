import type { AttestRequest } from '../../builders/kaniko/build.js';
import { DOCKER_HUB, parseReference } from '../../plan/references.js';
import { digestOf, type ManifestDescription } from '../client.js';
import { MANIFEST_TYPE } from '../manifest.js';
import { annotated, type PlatformManifest } from '../multi-platform/platform-manifests.js';
import type { PlannedImage } from '../../plan/plan.js';

/** An in-toto predicate about an image. Its own subjects are kept; without any the subject is the image. */
export interface Predicate {
  predicateType: string;
  predicate: unknown;
  subjects?: readonly unknown[];
}

const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const STATEMENT_TYPE = 'application/vnd.in-toto+json';
const UNKNOWN = { architecture: 'unknown', os: 'unknown' };

/** The manifest of one platform in the registry. */
export interface PushedManifest extends ManifestDescription {
  /** `os/architecture[/variant]` */
  platform: string;
}

/** @param name reference of the image, for the subject */
export function statementOf({ predicateType, predicate, subjects }: Predicate, manifest: PushedManifest, name: string) {
  const self = { name: packageUrl(name, manifest.platform), digest: digestSet(manifest.digest) };
  const subject = subjects?.length ? subjects : [self];
  return json({ _type: 'https://in-toto.io/Statement/v1', predicateType, subject, predicate });
}

/**
 * The manifest that carries statements, in the form that every version of BuildKit writes or reads
 * (`oci-artifact=false`): https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
 */
export function attestationManifest(statements: readonly { statement: Buffer; predicateType: string }[]) {
  const layers = statements.map(({ statement, predicateType }) => ({
    ...descriptorOf(STATEMENT_TYPE, statement),
    annotations: { 'in-toto.io/predicate-type': predicateType },
  }));
  const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) };
  const config = json({ ...UNKNOWN, config: {}, rootfs });
  const described = descriptorOf(CONFIG_TYPE, config);
  return { config, manifest: json({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config: described, layers }) };
}

/** The entries of a platform and its attestations in an index, as BuildKit writes them. */
export function platformEntries(
  { mediaType, digest, size, platform }: PushedManifest,
  annotations: Record<string, string>,
  attestations: Buffer | undefined,
): PlatformManifest {
  const [os = '', architecture = '', variant] = platform.split('/');
  const manifest = { mediaType, digest, size, platform: { architecture, os, ...(variant && { variant }) } };
  const attested = attestations && {
    ...descriptorOf(MANIFEST_TYPE, attestations),
    annotations: { 'vnd.docker.reference.digest': digest, 'vnd.docker.reference.type': 'attestation-manifest' },
    platform: UNKNOWN,
  };
  return { platform, manifest: annotated(manifest, annotations), attestations: attested ? [attested] : [] };
}

export function digestSet(digest: string): Record<string, string> {
  const [algorithm = '', hex = ''] = digest.split(':');
  return { [algorithm]: hex };
}

export function descriptorOf(mediaType: string, bytes: Buffer) {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/**
 * An image as BuildKit names it in attestations: a package URL of its name as people write it
 * (https://github.com/moby/buildkit/blob/master/util/purl/image.go).
 */
function packageUrl(reference: string, platform?: string): string {
  const { host, repository, tag, digest } = parseReference(reference)!;
  const name = DOCKER_HUB.includes(host) ? repository.replace(/^library\//, '') : `${host}/${repository}`;
  const version = tag ?? (digest === undefined ? 'latest' : undefined);
  const qualifiers = [
    ...(digest === undefined ? [] : [`digest=${encodeURIComponent(digest)}`]),
    ...(platform === undefined ? [] : [`platform=${encodeURIComponent(platform)}`]),
  ];
  return [
    `pkg:docker/${name.split('/').map(encodeURIComponent).join('/')}`,
    version === undefined ? '' : `@${encodeURIComponent(version)}`,
    qualifiers.length === 0 ? '' : `?${qualifiers.join('&')}`,
  ].join('');
}

/** Annotations as buildx takes them (build/buildx/bake/annotations.ts): `<level>[<platform>]:<name>=<value>`. */
export type LevelAnnotations = (annotations: Readonly<Record<string, string>>, makes: 'index' | 'manifest') => string[];

/** The planned annotations of an index and its descriptors; the builder writes those of manifests. */
export function indexAnnotations(annotations: Readonly<Record<string, string>>, level: LevelAnnotations) {
  const parts = level(annotations, 'index').flatMap((text) => {
    const [, kind, platform, name, value] = /^([a-z-]+)(?:\[([^\]]*)\])?:([^=]*)=([^]*)$/.exec(text) ?? [];
    return name === undefined || value === undefined ? [] : [{ kind, platform, name, value }];
  });
  const pick = (kind: string, platform?: string) =>
    Object.fromEntries(
      parts
        .filter((part) => part.kind === kind && (part.platform ?? platform) === platform)
        .map(({ name, value }) => [name, value]),
    );
  return { index: pick('index'), descriptor: (platform: string) => pick('manifest-descriptor', platform) };
}

/** What a request to attest doesn't say of the build of one platform. */
interface BuildFacts {
  /** Whether the work tree differed from the commit. */
  tree: 'committed' | 'uncommitted';
  /** `os/architecture[/variant]` */
  platform: string;
  used: readonly UsedImage[];
  /** Used images whose digest is not known. */
  unresolved: readonly string[];
}

/** An image that a build used: reference as named, and digest. */
export interface UsedImage {
  reference: string;
  digest: string;
}

const PROVENANCE_TYPE = 'https://slsa.dev/provenance/v1';
/** Explains every field below. */
const BUILD_TYPE = 'https://github.com/ardenone/image-release/blob/v1/docs/attestations.md#built-by-kaniko';
const BUILDER = 'https://github.com/osscontainertools/kaniko';

/**
 * Provenance of mode min or max as BuildKit understands these: arguments, labels, ids of secrets and the Dockerfile are
 * in `max` alone; values of secrets are not known here. Only images whose digest is certain are named as dependencies:
 * the next release compares them, and rebuilds if one is missing.
 * @see https://slsa.dev/spec/v1.0/provenance
 */
export function describeBuild(
  { image, source, dockerfile, startedAt, finishedAt, builder: { executor } }: AttestRequest,
  { tree, platform, used, unresolved }: BuildFacts,
): Predicate {
  const max = image.attest.provenance === 'max';
  const { host, repository, digest } = parseReference(executor) ?? {};
  return {
    predicateType: PROVENANCE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: {
          configSource: { path: image.dockerfile },
          vcs: {
            ...(source.url !== undefined && { source: source.url }),
            revision: tree === 'uncommitted' ? `${source.commit}-dirty` : source.commit,
          },
          request: {
            frontend: 'kaniko',
            args: { ...(image.target !== undefined && { target: image.target }), ...(max && argumentsOf(image)) },
            ...(max && image.secrets.length > 0 && { secrets: image.secrets.map(({ id }) => ({ id })) }),
            locals: [{ name: 'context' }, { name: 'dockerfile' }],
          },
        },
        internalParameters: {
          builderPlatform: platform,
          ...(max && { buildConfig: { dockerfile } }),
          ...(unresolved.length > 0 && { unresolvedImages: unresolved }),
        },
        resolvedDependencies: used.map((each) => ({
          uri: packageUrl(each.reference, platform),
          digest: digestSet(each.digest),
        })),
      },
      runDetails: {
        builder: {
          id: BUILDER,
          ...(digest !== undefined && {
            builderDependencies: [{ uri: packageUrl(`${host}/${repository}@${digest}`), digest: digestSet(digest) }],
          }),
          version: { executor },
        },
        metadata: {
          ...(source.run && { invocationId: `${source.run.url}/attempts/${source.run.attempt}` }),
          startedOn: new Date(startedAt).toISOString(),
          finishedOn: new Date(finishedAt).toISOString(),
        },
      },
    },
  };
}

function argumentsOf({ args, labels, sourceDateEpoch }: PlannedImage): Record<string, string> {
  const prefixed = (prefix: string, values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}:${name}`, value]));
  return {
    ...prefixed('build-arg', { SOURCE_DATE_EPOCH: String(sourceDateEpoch), ...args }),
    ...prefixed('label', labels),
  };
}
