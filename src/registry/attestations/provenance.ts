import type { Source } from '../../facts/source.js';
import { parseReference } from '../../plan/references.js';
import type { PlannedImage } from '../../plan/plan.js';
import { digestSet, packageUrl, type Predicate } from './documents.js';

/** A build by a builder that writes no attestations. */
export interface BuildFacts {
  image: PlannedImage;
  source: Source;
  /** Whether the work tree differed from the commit. */
  tree: 'committed' | 'uncommitted';
  /** `os/architecture[/variant]` */
  platform: string;
  /** Reference of the executor's image. */
  executor: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  finishedAt: number;
  /** Images that the build used: reference as named, and digest. */
  used: readonly UsedImage[];
  /** Used images whose digest is not known. */
  unresolved: readonly string[];
  /** Text that was built. */
  dockerfile?: string;
}

export interface UsedImage {
  reference: string;
  digest: string;
}

export const PROVENANCE_TYPE = 'https://slsa.dev/provenance/v1';
/** Explains every field below. */
const BUILD_TYPE = 'https://github.com/ardenone/image-release/blob/v1/docs/attestations.md#built-by-kaniko';
const BUILDER = 'https://github.com/osscontainertools/kaniko';

/**
 * Provenance of mode min or max as BuildKit understands these: arguments, labels, ids of secrets and the Dockerfile are
 * in `max` alone; values of secrets are not known here. Only images whose digest is certain are named as dependencies:
 * the next release compares them, and rebuilds if one is missing.
 * @see https://slsa.dev/spec/v1.0/provenance
 */
export function describeBuild(facts: BuildFacts): Predicate {
  const { image, source, platform, executor, used, unresolved, dockerfile } = facts;
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
            revision: facts.tree === 'uncommitted' ? `${source.commit}-dirty` : source.commit,
          },
          request: {
            frontend: 'kaniko',
            args: {
              ...(image.target !== undefined && { target: image.target }),
              ...(max && argumentsOf(image)),
            },
            ...(max && image.secrets.length > 0 && { secrets: image.secrets.map(({ id }) => ({ id })) }),
            locals: [{ name: 'context' }, { name: 'dockerfile' }],
          },
        },
        internalParameters: {
          builderPlatform: platform,
          ...(max && { buildConfig: { dockerfile } }),
          ...(unresolved.length > 0 && { unresolvedImages: unresolved }),
        },
        resolvedDependencies: used.map((each) => dependency(each, platform)),
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
          startedOn: new Date(facts.startedAt).toISOString(),
          finishedOn: new Date(facts.finishedAt).toISOString(),
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

function dependency({ reference, digest }: UsedImage, platform: string): object {
  return { uri: packageUrl(reference, platform), digest: digestSet(digest) };
}
