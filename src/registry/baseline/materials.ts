import * as z from 'zod';
import type { ImageFingerprint } from '../../fingerprint/fingerprint.js';
import { attempt } from '../../lib/json.js';
import { DEFAULT_SCANNER, type PlannedImage } from '../../plan/plan.js';
import { fullName, parseReference } from '../../plan/references.js';
import { at, buildTimes, text, type Statement } from '../attestations.js';

/** The sources of an image, from its provenance. */
export interface Materials {
  /** Start and end of the build, seconds since the epoch. */
  startedAt?: number;
  finishedAt?: number;
  images: MaterialImage[];
  /** URIs of sources that can't be compared: files from the web, git repositories, unknown forms. */
  others: string[];
}

export interface MaterialImage {
  /** Host and repository in full: `docker.io/library/node`. */
  name: string;
  /** Undefined: it was named by its digest alone. */
  tag?: string;
  /** That of the index, if the tag names one. */
  digest: string;
}

const MATERIAL = z.object({ uri: z.string(), digest: z.record(z.string(), z.string()) });

const BUILDKIT = /^https:\/\/(mobyproject\.org\/buildkit@|github\.com\/moby\/buildkit\/)/;

/**
 * Reads provenance as far as BuildKit fills it in: https://slsa.dev/spec/v0.2/provenance,
 * https://slsa.dev/spec/v1.0/provenance
 * @returns undefined: it has no list of materials, so nothing is known
 */
export function readMaterials({ predicate }: Pick<Statement, 'predicate'>): Materials | undefined {
  const definition = at(predicate, 'buildDefinition') ?? predicate;
  const materials = at(definition, 'resolvedDependencies') ?? at(definition, 'materials') ?? undefined;
  // BuildKit omits an empty list; other builders may omit an unknown one.
  if (materials === undefined ? !BUILDKIT.test(text(at(definition, 'buildType')) ?? '') : !Array.isArray(materials))
    return undefined;
  const images: MaterialImage[] = [];
  const others: string[] = [];
  for (const material of (materials ?? []) as unknown[]) {
    const read = MATERIAL.safeParse(material);
    const image = read.success ? readImage(read.data) : undefined;
    if (image) images.push(image);
    else others.push(read.success ? read.data.uri : 'a material of no known form');
  }
  const { started, finished } = buildTimes({ predicate });
  return { startedAt: seconds(started), finishedAt: seconds(finished), images, others };
}

/** An image by its package URL, as BuildKit writes it (util/purl): `pkg:docker/acme/app@1?platform=linux%2Famd64`. */
function readImage({ uri, digest }: z.infer<typeof MATERIAL>): MaterialImage | undefined {
  const match = /^pkg:docker\/([^@?#]+)(?:@([^?#]+))?(?:\?[^#]*)?$/.exec(uri);
  const hex = digest['sha256'];
  if (match === null || hex === undefined || !/^[0-9a-f]{64}$/.test(hex)) return undefined;
  const [name, tag] = [decode(match[1] ?? ''), decode(match[2] ?? '')];
  if (name === undefined || tag === undefined) return undefined;
  const pinned = /[?&]digest=/.test(uri);
  if (tag === '' && !pinned) return undefined;
  return { name: fullName(name), ...(tag !== '' && { tag }), digest: `sha256:${hex}` };
}

const decode = (text: string) => attempt<string | undefined>(() => decodeURIComponent(text), undefined);

function seconds(time: string | undefined): number | undefined {
  const parsed = Date.parse(time ?? '');
  return Number.isNaN(parsed) ? undefined : parsed / 1000;
}

/** External images that an image is built from, as its Dockerfile and those of its helper images name them. */
export interface RequiredImages {
  references: RequiredReference[];
  /** Names that are no reference: then nothing can be compared. */
  unreadable: string[];
  /** Whether it is built on images of this repository. */
  bases: 'some' | 'none';
  /** The SBOM scanner, which is no part of the image; undefined: it is one of `references`, or off. */
  scanner?: { name: string; tag: string };
}

export interface RequiredReference {
  /** As written. */
  written: string;
  /** Host and repository in full. */
  name: string;
  tag: string;
  /** Then the tag doesn't matter. */
  digest?: string;
}

export function requiredImages(
  { key, attest, contexts, helpers = [] }: PlannedImage,
  inputs: Record<string, ImageFingerprint>,
): RequiredImages {
  const written = [key, ...helpers.map((helper) => helper.key)].flatMap((each) => {
    const { [each]: own } = inputs;
    return own?.status === 'known' ? own.images : [];
  });
  const references: RequiredReference[] = [];
  const unreadable: string[] = [];
  for (const reference of new Set(written)) {
    const read = readReference(reference);
    if (read) references.push(read);
    else unreadable.push(reference);
  }
  const scanner = attest.sbom === 'off' ? undefined : readReference(attest.sbom.scanner ?? DEFAULT_SCANNER);
  const used = references.some(({ name, tag }) => name === scanner?.name && tag === scanner.tag);
  const bases = Object.values(contexts).some((source) => source.startsWith('image:')) ? 'some' : 'none';
  return { references, unreadable, bases, ...(scanner && !used && { scanner }) };
}

function readReference(written: string): RequiredReference | undefined {
  const parsed = parseReference(written);
  if (parsed === undefined) return undefined;
  const { name, tag = 'latest', digest } = parsed;
  return { written, name: fullName(name), tag, ...(digest !== undefined && { digest }) };
}
