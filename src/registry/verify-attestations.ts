import {
  attestationLayers,
  countPackages,
  parseStatement,
  readProvenance,
  type AttestationLayer,
  type Statement,
} from './attestations.js';
import { fetchBlob, fetchManifest, parsed, type Check } from './check.js';
import { parseManifest } from './manifest.js';
import type { PublishedPlatform } from './published-image.js';

type Attestations = Pick<PublishedPlatform, 'sbom' | 'provenance'>;

/** Without `statement`: it could not be read, which has been reported. */
interface Attestation {
  layer: AttestationLayer;
  statement?: Statement;
}

const NAMES = { sbom: 'SBOM', provenance: 'provenance' } as const;

/**
 * Reads the attestation manifests attached to one platform manifest, and reports missing attestations and those about
 * something else. Statements about parts of the image are allowed if there is one about this manifest, too.
 * @param platform digest of the platform manifest
 * @param manifests digests of its attestation manifests
 */
export async function verifyAttestations(check: Check, platform: string, manifests: string[]): Promise<Attestations> {
  const lists = await Promise.all(manifests.map((digest) => readManifest(check, digest)));
  const found = lists.flatMap((list) => list ?? []);
  const complete = lists.every((list) => list !== undefined);
  const pick = (kind: AttestationLayer['kind']) => {
    const own = found.filter(({ layer }) => layer.kind === kind);
    const matching = own.flatMap(({ layer, statement }) =>
      statement?.subjects.includes(platform) && isAnnounced(layer, statement) ? [{ layer, statement }] : [],
    );
    if (matching.length === 0) reportMismatches(check, platform, own);
    if (own.length === 0 && complete && check.expected[kind] !== 'off')
      reportMissing(check, platform, `no ${NAMES[kind]}`);
    return matching;
  };
  return { ...sbomOf(pick('sbom')), ...provenanceOf(check, platform, pick('provenance')) };
}

/** BuildKit writes a document per scanned stage. */
function sbomOf(found: Required<Attestation>[]): Attestations {
  const [first] = found;
  if (first === undefined) return {};
  const { digest, predicateType } = first.layer;
  const packages = found.reduce((sum, { statement }) => sum + countPackages(statement), 0);
  return { sbom: { digest, predicateType, packages } };
}

function provenanceOf(check: Check, platform: string, [found]: Required<Attestation>[]): Attestations {
  if (found === undefined) return {};
  const { digest, predicateType } = found.layer;
  const { mode, source, revision } = readProvenance(found.statement);
  if (check.expected.provenance === 'max' && mode === 'min')
    reportMissing(check, platform, 'provenance of mode min where max is configured');
  return { provenance: { digest, predicateType, source, revision } };
}

async function readManifest(check: Check, digest: string): Promise<Attestation[] | undefined> {
  const fetched = await fetchManifest(check, digest);
  const name = `The attestation manifest ${check.image}@${digest}`;
  const manifest = fetched && parsed(check, name, () => parseManifest(fetched.bytes));
  return (
    manifest &&
    Promise.all(
      attestationLayers(manifest).map(async (layer) => {
        const title = `The ${NAMES[layer.kind]} ${layer.digest} of ${check.image}`;
        const bytes = await fetchBlob(check, title, layer.digest);
        return { layer, statement: bytes && parsed(check, title, () => parseStatement(bytes)) };
      }),
    )
  );
}

function reportMismatches(check: Check, platform: string, found: Attestation[]) {
  for (const { layer, statement } of found) {
    if (statement === undefined) continue;
    const actual = isAnnounced(layer, statement)
      ? `describes ${statement.subjects.join(', ') || 'nothing'}`
      : `is a statement of another type: ${statement.predicateType}`;
    check.report({
      code: 'registry/attestation-mismatch',
      message: `The ${NAMES[layer.kind]} ${layer.digest} attached to ${check.image}@${platform} ${actual}.`,
    });
  }
}

/** The annotation of a layer is a hint; the statement decides. */
function isAnnounced({ predicateType }: AttestationLayer, statement: Statement): boolean {
  return statement.predicateType === predicateType;
}

function reportMissing(check: Check, platform: string, what: string) {
  check.report({
    code: 'registry/attestation-missing',
    message: `${check.image}@${platform} has ${what}.`,
  });
}
