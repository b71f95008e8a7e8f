import * as z from 'zod';
import { gunzipSync } from 'node:zlib';
import type { AttestRequest } from '../../builders/kaniko/build.js';
import { failure, messageOf, type Problem, ReleaseError } from '../../lib/errors.js';
import { DEFAULT_SCANNER } from '../../plan/plan.js';
import { parseReference } from '../../plan/references.js';
import { readConfig } from '../base-images.js';
import { formatReference, type RegistryClient } from '../client.js';
import { MalformedDocument, parseJson, parseManifest, parseRunConfig } from '../manifest.js';
import type { Predicate, UsedImage } from './documents.js';

/** SBOMs of a platform, and the scanner that made them. */
export interface Scan {
  sboms: Predicate[];
  scanner: UsedImage;
}

const SPDX = 'https://spdx.dev/Document';
/** BuildKit's own limit for a file of a scanner, and what all of one scan may take in memory. */
const LARGEST_FILE = 40 * 1024 * 1024;
const LARGEST_SCAN = 128 * 1024 * 1024;

const STATEMENT = z.object({
  predicateType: z.string(),
  subject: z.array(z.unknown()).nullish(),
  predicate: z.unknown(),
});

/**
 * Scans a pushed image in a build of the builder.
 * @throws ReleaseError `build/sbom-scanner`: the scanner can't be had; what the build of the scan fails with; Cancelled
 */
export async function scanImage(
  client: RegistryClient,
  { image, buildFile }: Pick<AttestRequest, 'image' | 'buildFile'>,
  manifest: { platform: string; wanted: string; digest: string },
): Promise<Scan> {
  const { sbom } = image.attest;
  const reference = (sbom !== 'off' && sbom.scanner) || DEFAULT_SCANNER;
  const scanner = await findScanner(client, image.key, reference, manifest.platform);
  const dockerfile = scanFile(formatReference(image.image, manifest.digest), scanner);
  const { digest } = await buildFile({ platform: manifest.wanted, dockerfile, name: 'sbom' });
  const sboms = await readScan(client, image.image, digest).catch((error: unknown) => {
    if (!(error instanceof MalformedDocument)) throw error;
    throw unreadable(image.key, reference, error.message);
  });
  if (sboms.length === 0) throw unreadable(image.key, reference, 'holds no file named *.spdx.json');
  return { sboms, scanner: { reference, digest: parseReference(scanner.reference)!.digest! } };
}

async function findScanner(client: RegistryClient, key: string, reference: string, platform: string) {
  try {
    const parsed = parseReference(reference);
    if (parsed === undefined) throw new MalformedDocument('is no image reference');
    const read = await readConfig(client, parsed, reference, platform);
    if ('unresolved' in read) throw unavailable(key, reference, read.unresolved);
    const { Entrypoint, Cmd, WorkingDir, User } = parseRunConfig(read.config);
    const command = [...(Entrypoint ?? []), ...(Cmd ?? [])];
    if (command.length === 0) throw new MalformedDocument('has no command');
    return { reference: `${parsed.name}@${read.digest}`, command, folder: WorkingDir ?? '/', user: User ?? '' };
  } catch (error) {
    if (error instanceof MalformedDocument) throw unavailable(key, reference, `${reference} ${error.message}.`);
    if (error instanceof ReleaseError && error.code !== 'build/sbom-scanner')
      throw unavailable(key, reference, messageOf(error), error.problems);
    throw error;
  }
}

/** The file of the image itself first, as BuildKit orders them. */
async function readScan(client: RegistryClient, image: string, digest: string): Promise<Predicate[]> {
  const fetched = await client.getManifest(image, digest);
  if (fetched === undefined) throw new MalformedDocument('is not in the registry');
  const files = new Map<string, Buffer>();
  let space = LARGEST_SCAN;
  for (const layer of parseManifest(fetched.bytes).layers) {
    const bytes = await client.getBlob(image, layer.digest);
    if (bytes === undefined) throw new MalformedDocument('lacks a layer in the registry');
    const archive = unzip(bytes, space);
    space -= archive.length;
    for (const { path, content } of tarFiles(archive)) {
      // A scanner writes to one folder, and names its files `<scan>.spdx.json`.
      const name = /^(?:\.?\/)?([^/]+\.spdx\.json)$/.exec(path)?.[1];
      if (name !== undefined) files.set(name, content);
    }
  }
  const core = (name: string) => (name === 'sbom.spdx.json' ? 0 : 1);
  return [...files]
    .sort(([a], [b]) => core(a) - core(b) || (a < b ? -1 : 1))
    .map(([name, content]) => readDocument(name, content));
}

function unzip(bytes: Buffer, maxOutputLength: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength });
  } catch (error) {
    const tooLarge = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
    throw new MalformedDocument(tooLarge ? `takes more than ${LARGEST_SCAN >> 20} MB` : 'is not compressed by gzip');
  }
}

/** A statement of in-toto, as the protocol has it, or the document alone. */
function readDocument(name: string, content: Buffer): Predicate {
  if (content.length > LARGEST_FILE) throw new MalformedDocument(`has a ${name} of more than 40 MB`);
  const json = parseJson(content);
  const statement = STATEMENT.safeParse(json);
  if (statement.success) {
    const { predicateType, subject, predicate } = statement.data;
    if (predicateType !== SPDX) throw new MalformedDocument(`has a ${name} that is ${predicateType}, not ${SPDX}`);
    return { predicateType, predicate, ...(subject && { subjects: subject }) };
  }
  if (typeof json === 'object' && json !== null && 'spdxVersion' in json)
    return { predicateType: SPDX, predicate: json };
  throw new MalformedDocument(`has a ${name} that is no SPDX document`);
}

function unavailable(key: string, reference: string, reason: string, problems: readonly Problem[] = []): ReleaseError {
  const detail = problems.map(({ fix }) => fix).join('\n');
  return failure({
    code: 'build/sbom-scanner',
    image: key,
    message: `Image ${key}: the SBOM scanner ${reference} can't be had: ${reason.replace(/\.$/, '')}.`,
    fix: "Name a copy that the builder can pull in `attest.scanner`, or log in to its registry; with `attest.sbom: best-effort` images are published without an SBOM where the scanner can't be had, with `off` always.",
    ...(detail !== '' && { detail }),
  });
}

function unreadable(key: string, reference: string, what: string): ReleaseError {
  const message = `Image ${key}: the result of the SBOM scanner ${reference} ${what}.`;
  const fix =
    "Use a scanner of BuildKit's protocol in `attest.scanner`, such as docker/buildkit-syft-scanner, or turn `attest.sbom` off.";
  return failure({ code: 'registry/attestation-missing', image: key, message, fix });
}

/** A scanner of BuildKit's protocol, from the config of its image. */
interface ScannerImage {
  /** `name@digest` */
  reference: string;
  /** Entry point and command. Never empty. */
  command: readonly string[];
  folder: string;
  /** Empty: root. */
  user: string;
}

const SOURCE = '/run/src/core/sbom';
const DESTINATION = '/run/out';

/** Kaniko looks up the groups of a user that was set, also of root, and fails where there is no list of them. */
const BECOME_ROOT = ['USER 0:0', 'COPY <<END /etc/group', 'root:x:0:', 'END'];

/**
 * A Dockerfile that runs a scanner as BuildKit does: it gets the root file system of the image, runs as root, and only
 * its output is kept. The image is named by its digest: builders that unpack over their own root can't copy a complete
 * stage. WORKDIR makes the folders, since a scanner need not have a shell; it may write to `/tmp`.
 * @param image `name@digest`
 * @see https://github.com/moby/buildkit/blob/master/docs/attestations/sbom-protocol.md
 */
function scanFile(image: string, { reference, command, folder, user }: ScannerImage): string {
  return [
    `FROM ${reference} AS scan`,
    ...(user === '' ? [] : BECOME_ROOT),
    'WORKDIR /tmp',
    `WORKDIR ${DESTINATION}`,
    `COPY --from=${image} / ${SOURCE}/`,
    `ENV BUILDKIT_SCAN_SOURCE=${SOURCE} BUILDKIT_SCAN_DESTINATION=${DESTINATION}/`,
    // WORKDIR expands variables.
    `WORKDIR ${(folder || '/').replace(/[\\$]/g, String.raw`\$&`)}`,
    `RUN ${JSON.stringify(command)}`,
    'FROM scratch',
    `COPY --from=scan ${DESTINATION}/ /`,
    '',
  ].join('\n');
}

const BLOCK = 512;

/**
 * Regular files of a tar archive (ustar); links, folders, devices and extended headers are passed over. Nothing is
 * written anywhere, so paths are only names.
 * @throws MalformedDocument
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
function* tarFiles(archive: Buffer): Generator<{ path: string; content: Buffer }, void> {
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
    if (sum !== octal(header.subarray(148, 156))) throw new MalformedDocument('is no tar archive');
    const size = octal(header.subarray(124, 136));
    const begin = at + BLOCK;
    if (!(begin + size <= archive.length)) throw new MalformedDocument('ends in the middle of a file');
    const flag = String.fromCharCode(header[156]!);
    if (flag === '0' || flag === '\0') yield { path: pathOf(header), content: archive.subarray(begin, begin + size) };
    at = begin + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function pathOf(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? text(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

const octal = (field: Buffer): number => parseInt(text(field).trim() || '0', 8);

/** Up to the first zero byte. */
function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}
