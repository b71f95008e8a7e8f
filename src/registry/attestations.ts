import * as z from 'zod';
import { MalformedDocument, parseJson, type ImageManifest } from './manifest.js';

const SBOM_TYPE = /^https:\/\/spdx\.dev\/Document/;
const PROVENANCE_TYPE = /^https:\/\/slsa\.dev\/provenance\/v(0\.2|1)/;
/** BuildKit's key in SLSA v0.2 metadata; in v1 it is `buildkit_metadata`. */
const BUILDKIT_METADATA = 'https://mobyproject.org/buildkit@v1#metadata';

/** A layer of an attestation manifest, by what it attests. */
export interface AttestationLayer {
  kind: 'sbom' | 'provenance';
  digest: string;
  predicateType: string;
  /** Bytes. */
  size: number;
}

const statement = z.object({
  predicateType: z.string(),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })),
  predicate: z.unknown(),
});

/** `subjects`: `sha256:…` of each. */
export type Statement = ReturnType<typeof parseStatement>;

/** Finds SBOMs and provenance in an attestation manifest by the annotation that BuildKit writes. */
export function attestationLayers({ layers }: ImageManifest): AttestationLayer[] {
  return layers.flatMap(({ digest, size, annotations }): AttestationLayer | [] => {
    const predicateType = annotations?.['in-toto.io/predicate-type'] ?? '';
    const isSbom = SBOM_TYPE.test(predicateType);
    if (!isSbom && !PROVENANCE_TYPE.test(predicateType)) return [];
    return { kind: isSbom ? 'sbom' : 'provenance', digest, predicateType, size };
  });
}

/** Reads an in-toto statement, v0.1 or v1. @throws MalformedDocument */
export function parseStatement(bytes: Uint8Array) {
  const result = statement.safeParse(parseJson(bytes));
  if (!result.success) throw new MalformedDocument('is no in-toto statement');
  const { predicateType, subject, predicate } = result.data;
  return {
    predicateType,
    predicate,
    subjects: subject.flatMap(({ digest }) => Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`)),
  };
}

/** Packages that an SPDX document lists. */
export function countPackages({ predicate }: Statement): number {
  const packages = at(predicate, 'packages');
  return Array.isArray(packages) ? packages.length : 0;
}

/**
 * Reads the source of an image from SLSA v0.2 or v1 provenance. For a local context buildx read it from git; for a git
 * context BuildKit verified it.
 * @returns `source`: repository URL · `revision`: commit; buildx adds `-dirty` when the work tree differed from it ·
 *   `mode`: `max` when the build's steps are in it
 */
export function readProvenance({ predicate }: Statement) {
  const metadata =
    at(predicate, 'metadata', BUILDKIT_METADATA) ??
    at(predicate, 'runDetails', 'metadata', 'buildkit_metadata') ??
    at(predicate, 'runDetails', 'metadata', BUILDKIT_METADATA);
  const vcs = at(metadata, 'vcs') ?? at(predicate, 'buildDefinition', 'externalParameters', 'vcs');
  const config =
    at(predicate, 'invocation', 'configSource') ??
    at(predicate, 'buildDefinition', 'externalParameters', 'configSource');
  const steps = at(predicate, 'buildConfig') ?? at(predicate, 'buildDefinition', 'internalParameters', 'buildConfig');
  return {
    source: text(at(vcs, 'source')) ?? text(at(config, 'uri'))?.replace(/#.*$/, ''),
    revision: text(at(vcs, 'revision')) ?? text(at(config, 'digest', 'sha1')),
    mode: steps === undefined ? ('min' as const) : ('max' as const),
  };
}

/** Start and end of the build as SLSA v1 or v0.2 provenance has them: ISO 8601. */
export function buildTimes({ predicate }: Pick<Statement, 'predicate'>) {
  const times = at(predicate, 'runDetails', 'metadata') ?? at(predicate, 'metadata');
  return {
    started: text(at(times, 'startedOn') ?? at(times, 'buildStartedOn')),
    finished: text(at(times, 'finishedOn') ?? at(times, 'buildFinishedOn')),
  };
}

export function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    value,
  );
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
