import { throwProblems, type Problem } from '../lib/errors.js';
import type { PlannedImage } from '../plan/plan.js';
import { createCheck, expectBlob, mergeProblems, readBlob, readManifest } from './check.js';
import type { Check, ExpectedImage } from './check.js';
import type { FetchedManifest, RegistryClient } from './client.js';
import { imageSize, normalizePlatform, parseConfigPlatform, parseImageDocument, parseManifest } from './manifest.js';
import type { ImageManifest, IndexDocument } from './manifest.js';
import type { PublishedPlatform } from './published-image.js';
import { attestationLayers, countPackages, parseStatement, readProvenance } from './attestations.js';
import type { AttestationLayer, Statement } from './attestations.js';

export type Verification =
  | { status: 'sound'; document: FetchedManifest; platforms: PublishedPlatform[] }
  | { status: 'unsound'; problems: Problem[] };

/** Verifies several images. @throws ReleaseError with the problems of all of them; Cancelled */
export async function verifyAll<Item>(items: readonly Item[], verify: (item: Item) => Promise<Verification>) {
  const verified = await Promise.all(items.map(async (item) => ({ item, ...(await verify(item)) })));
  throwProblems(mergeProblems(verified.flatMap((each) => (each.status === 'unsound' ? each.problems : []))));
  return verified.flatMap((each) => (each.status === 'sound' ? [each] : []));
}

/** The plan's promises for an image. An optional SBOM is no promise: the image is complete without it. */
export function expectedOf({
  platforms,
  attest: { provenance, sbom },
}: Pick<PlannedImage, 'platforms' | 'attest'>): ExpectedImage {
  return { platforms, provenance, sbom: sbom === 'off' || sbom.optional ? 'off' : 'on' };
}

/**
 * Verifies that the registry serves a complete image: every platform with its config and layers, SBOM and provenance
 * as expected, each about the manifest that it is attached to. Finds everything that is wrong at once.
 * @throws Cancelled
 */
export async function verifyImage(options: {
  client: RegistryClient;
  key: string;
  image: string;
  digest: string;
  expected: ExpectedImage;
}): Promise<Verification> {
  const { client, key, image, digest, expected } = options;
  const check = createCheck(client, key, image, expected);
  const { problems } = check;
  const read = await readManifest(check, digest, parseImageDocument);
  if (read === undefined) return { status: 'unsound', problems };
  const { fetched: document, content } = read;
  const platforms =
    content.type === 'index'
      ? await verifyIndex(check, digest, content)
      : await verifySingle(check, digest, content.manifest);
  return problems.length > 0 ? { status: 'unsound', problems } : { status: 'sound', document, platforms };
}

async function verifyIndex(check: Check, digest: string, index: IndexDocument) {
  expectPlatforms(
    check,
    digest,
    index.platforms.map(({ platform }) => platform),
  );
  const verified = await Promise.all(
    index.platforms.map(async ({ digest: own, platform }) => {
      const attestations = index.attestations.flatMap((entry) => (entry.of === own ? [entry.digest] : []));
      const [found, attested] = await Promise.all([
        readManifest(check, own, parseManifest).then(
          (read) => read && verifyPlatform(check, own, read.content, platform),
        ),
        verifyAttestations(check, own, attestations),
      ]);
      return found && { ...found, ...attested };
    }),
  );
  return verified.filter((platform) => platform !== undefined);
}

/** An image without index: its platform is in its config, and it has no place for attestations. */
async function verifySingle(check: Check, digest: string, manifest: ImageManifest): Promise<PublishedPlatform[]> {
  const [verified, attested] = await Promise.all([
    verifyPlatform(check, digest, manifest),
    verifyAttestations(check, digest, []),
  ]);
  if (verified === undefined) return [];
  expectPlatforms(check, digest, [verified.platform]);
  return [{ ...verified, ...attested }];
}

function expectPlatforms({ expected, image, report }: Check, digest: string, found: string[]) {
  const code = 'registry/platform-missing';
  const wanted = expected.platforms.map(normalizePlatform);
  if (wanted.length === 0 && found.length === 0) report({ code, message: `${image}@${digest} has no platform.` });
  for (const platform of wanted.filter((name) => !found.includes(name))) {
    const others = found.join(', ') || 'none';
    report({ code, message: `${image}@${digest} lacks the platform ${platform}; it has: ${others}.` });
  }
}

async function verifyPlatform(check: Check, digest: string, manifest: ImageManifest, platform?: string) {
  const where = `${check.image}@${digest}`;
  const { config, layers } = manifest;
  const configName = `The config ${config.digest} of ${where}`;
  const own = layers.filter(({ urls }) => !urls?.length);
  const [configured] = await Promise.all([
    readBlob(check, configName, config.digest, parseConfigPlatform),
    ...own.map((layer) => expectBlob(check, `The layer ${layer.digest} of ${where}`, layer.digest)),
  ]);
  const name = platform ?? configured;
  return name === undefined ? undefined : { platform: name, digest, size: imageSize(manifest) };
}

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
async function verifyAttestations(check: Check, platform: string, manifests: string[]): Promise<Attestations> {
  const lists = await Promise.all(manifests.map((digest) => readAttestations(check, digest)));
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

async function readAttestations(check: Check, digest: string): Promise<Attestation[] | undefined> {
  const name = `The attestation manifest ${check.image}@${digest}`;
  const read = await readManifest(check, digest, (bytes) => attestationLayers(parseManifest(bytes)), name);
  const layers = read?.content.map(async (layer) => {
    const title = `The ${NAMES[layer.kind]} ${layer.digest} of ${check.image}`;
    return { layer, statement: await readBlob(check, title, layer.digest, parseStatement) };
  });
  return layers && Promise.all(layers);
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

function reportMissing({ image, report }: Check, platform: string, what: string) {
  report({ code: 'registry/attestation-missing', message: `${image}@${platform} has ${what}.` });
}
