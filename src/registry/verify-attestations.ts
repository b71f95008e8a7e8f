import {
  attestationLayers,
  countPackages,
  parseStatement,
  readProvenance,
  type AttestationLayer,
  type Statement,
} from './attestations.js';
import { BUILDER, fetchBlob, fetchManifest, readable, type Check } from './check.js';
import { parseManifest } from './manifest.js';
import type { PublishedPlatform } from './published-image.js';

type Attested = Pick<PublishedPlatform, 'sbom' | 'provenance'>;

/** An attestation as it was read; without `statement`: what is wrong with it has been reported. */
interface Read {
  layer: AttestationLayer;
  statement?: Statement;
}

/**
 * Reads the attestation manifests attached to one platform manifest, and reports what is missing and what
 * speaks of something else. Statements about parts of the image are allowed beside one about this manifest,
 * not in its place.
 * @param platform digest of the platform manifest
 * @param manifests digests of its attestation manifests
 */
export async function verifyAttestations(
  check: Check,
  platform: string,
  manifests: string[],
): Promise<Attested> {
  const lists = await Promise.all(manifests.map((digest) => readManifest(check, digest)));
  const reads = lists.flatMap((list) => list ?? []);
  const complete = lists.every((list) => list !== undefined);
  const pick = (kind: AttestationLayer['kind']) => {
    const own = reads.filter(({ layer }) => layer.kind === kind);
    const matching = own.flatMap(({ layer, statement }) =>
      statement?.subjects.includes(platform) && isAnnounced(layer, statement) ? [{ layer, statement }] : [],
    );
    if (matching.length === 0) reportStrangers(check, platform, own);
    if (own.length === 0 && complete && check.expected[kind] !== 'off') {
      reportMissing(check, platform, `no ${NAMES[kind]}`);
    }
    return matching;
  };
  return { ...sbomOf(pick('sbom')), ...provenanceOf(check, platform, pick('provenance')) };
}

/** BuildKit writes a document per scanned stage. */
function sbomOf(found: Required<Read>[]): Attested {
  const [first] = found;
  if (first === undefined) return {};
  const { digest, predicateType } = first.layer;
  const packages = found.reduce((sum, { statement }) => sum + countPackages(statement), 0);
  return { sbom: { digest, predicateType, packages } };
}

function provenanceOf(check: Check, platform: string, [found]: Required<Read>[]): Attested {
  if (found === undefined) return {};
  const { digest, predicateType } = found.layer;
  const { mode, source, revision } = readProvenance(found.statement);
  if (check.expected.provenance === 'max' && mode === 'min') {
    reportMissing(check, platform, 'provenance of mode min where max is configured');
  }
  return { provenance: { digest, predicateType, source, revision } };
}

async function readManifest(check: Check, digest: string): Promise<Read[] | undefined> {
  const fetched = await fetchManifest(check, digest);
  const name = `The attestation manifest ${check.image}@${digest}`;
  const manifest = fetched && readable(check, name, () => parseManifest(fetched.bytes));
  if (manifest === undefined) return undefined;
  return Promise.all(
    attestationLayers(manifest).map(async (layer) => ({
      layer,
      statement: await readStatement(check, layer),
    })),
  );
}

async function readStatement(check: Check, layer: AttestationLayer): Promise<Statement | undefined> {
  const name = `The ${NAMES[layer.kind]} ${layer.digest} of ${check.image}`;
  const bytes = await fetchBlob(check, name, layer.digest);
  return bytes && readable(check, name, () => parseStatement(bytes));
}

function reportStrangers(check: Check, platform: string, reads: Read[]) {
  for (const { layer, statement } of reads) {
    if (statement === undefined) continue;
    const about = statement.subjects.join(', ') || 'nothing';
    const what = isAnnounced(layer, statement)
      ? `speaks of ${about}`
      : `is a statement of another type: ${statement.predicateType}`;
    check.report(
      'registry/attestation-mismatch',
      `The ${NAMES[layer.kind]} ${layer.digest} attached to ${check.image}@${platform} ${what}.`,
      'Do not deploy this image; build it again.',
    );
  }
}

/** The annotation of a layer only says what to look for. */
function isAnnounced({ predicateType }: AttestationLayer, statement: Statement): boolean {
  return statement.predicateType === predicateType;
}

function reportMissing(check: Check, platform: string, what: string) {
  check.report('registry/attestation-missing', `${check.image}@${platform} has ${what}.`, BUILDER);
}

const NAMES = { sbom: 'SBOM', provenance: 'provenance' } as const;
