/** @programs docker */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { AttestRequest } from '../../../src/builders/kaniko/build.js';
import { failure } from '../../../src/lib/errors.js';
import { attest, client, lab, PlainBuilder, statementsOf } from './builder.js';

const plain = new PlainBuilder('scans');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scans-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => {
  client.close();
  plain.remove();
});

const SPDX = { spdxVersion: 'SPDX-2.3', packages: [{ name: 'express' }] };
const statement = (more = {}) => ({
  _type: 'https://in-toto.io/Statement/v0.1',
  predicateType: 'https://spdx.dev/Document',
  predicate: SPDX,
  ...more,
});

/** A request whose SBOM scan produces these files, packed by the real `tar`. */
async function scanOf(
  files: Record<string, string>,
  compress: (tar: Buffer) => Buffer = gzipSync,
): Promise<AttestRequest> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const layer = compress(execFileSync('tar', ['-c', '-C', folder, '.']));
  const digest = await plain.push('{"os":"linux","architecture":"amd64"}', layer);
  const sbom = { scanner: lab.scanner };
  const buildFile = async () => ({ digest });
  return plain.request([await plain.pushed()], { attest: { provenance: 'off', sbom } }, { buildFile });
}

test.each<[string, Record<string, string>, string[]]>([
  ['an in-toto statement', { 'sbom.spdx.json': JSON.stringify(statement()) }, ['express']],
  ['an SPDX document without a statement', { 'sbom.spdx.json': JSON.stringify(SPDX) }, ['express']],
  [
    'several SPDX documents, of which `sbom.spdx.json` comes first',
    {
      'a.spdx.json': JSON.stringify({ ...SPDX, packages: [{ name: 'another' }] }),
      'sbom.spdx.json': JSON.stringify(SPDX),
      'notes.txt': 'no SBOM',
      'below/other.spdx.json': 'no SBOM',
    },
    ['express', 'another'],
  ],
])('turns scanner output into statements with one subject: %s', async (_, files, packages) => {
  const { digest } = await attest(await scanOf(files));
  const statements = await statementsOf(plain.image, digest);
  expect(statements.flatMap(({ predicate }) => (predicate as typeof SPDX).packages)).toEqual(
    packages.map((name) => ({ name })),
  );
  expect(statements.every(({ subject }) => subject.length === 1)).toBe(true);
});

test('keeps the subject of a statement that the scanner wrote', async () => {
  const subject = [{ name: 'part', digest: { sha256: '0'.repeat(64) } }];
  const files = { 'sbom.spdx.json': JSON.stringify(statement({ subject })) };
  const { digest } = await attest(await scanOf(files));
  expect((await statementsOf(plain.image, digest))[0]!.subject).toEqual(subject);
});

test.each<[string, Record<string, string>, string, (tar: Buffer) => Buffer]>([
  ['has no SPDX file', { 'notes.txt': '' }, 'holds no file named *.spdx.json', gzipSync],
  ['is not JSON', { 'sbom.spdx.json': '{' }, 'is no JSON', gzipSync],
  ['is not an SPDX document', { 'sbom.spdx.json': '{}' }, 'has a sbom.spdx.json that is no SPDX document', gzipSync],
  [
    'is a statement of another type',
    { 'sbom.spdx.json': JSON.stringify(statement({ predicateType: 'https://slsa.dev/provenance/v1' })) },
    'has a sbom.spdx.json that is https://slsa.dev/provenance/v1, not https://spdx.dev/Document',
    gzipSync,
  ],
  [
    'is a truncated archive',
    { 'sbom.spdx.json': 'x'.repeat(5000) },
    'ends in the middle of a file',
    (tar) => gzipSync(tar.subarray(0, 2048)),
  ],
  ['is not a tar archive', {}, 'is no tar archive', () => gzipSync(Buffer.alloc(1024, 'x'))],
  ['is not compressed with gzip', {}, 'is not compressed by gzip', () => Buffer.alloc(1024, 'y')],
  ['exceeds 128 MB', {}, 'takes more than 128 MB', () => gzipSync(Buffer.alloc(140 * 1024 * 1024))],
])('fails and names the scanner if its output %s', async (_, files, words, compress) => {
  await expect(attest(await scanOf(files, compress))).rejects.toMatchObject({
    code: 'registry/attestation-missing',
    message: `Image api: the result of the SBOM scanner ${lab.scanner} ${words}.`,
  });
});

test('does not follow a symbolic link in the scanner output', async () => {
  symlinkSync('/etc/passwd', join(folder, 'sbom.spdx.json'));
  await expect(attest(await scanOf({ 'notes.txt': '' }))).rejects.toThrow('holds no file named');
});

const missing = `${plain.image}:no-scanner`;
const build = async (optional: boolean, over: Partial<AttestRequest> = {}, scanner = missing) =>
  plain.request(
    [await plain.pushed()],
    { attest: { provenance: 'min', sbom: { scanner, ...(optional && { optional: true as const }) } } },
    over,
  );
const refuses = (code: 'build/sbom-scanner' | 'build/step-failed') => ({
  buildFile: async () => {
    throw failure({ code, message: `It ends in ${code}.`, fix: '-' });
  },
});

test('fails if the scanner image does not exist or its reference is invalid', async () => {
  await expect(attest(await build(false))).rejects.toMatchObject({
    code: 'build/sbom-scanner',
    message: `Image api: the SBOM scanner ${missing} can't be had: The registry has no ${missing}.`,
  });
  await expect(attest(await build(false, {}, 'No Reference'))).rejects.toMatchObject({
    code: 'build/sbom-scanner',
    message: "Image api: the SBOM scanner No Reference can't be had: No Reference is no image reference.",
  });
});

test.each([
  ['the scanner image does not exist', missing, {}],
  ["the builder can't pull the scanner", lab.scanner, refuses('build/sbom-scanner')],
])('with best-effort, warns and creates no SBOM if %s', async (_, scanner, over) => {
  const { digest, warnings } = await attest(await build(true, over, scanner));
  expect(warnings).toMatchObject([
    {
      code: 'build/sbom-scanner',
      severity: 'warning',
      message: "The SBOM scanner can't be had, so api has no SBOM.",
    },
  ]);
  const statements = await statementsOf(plain.image, digest);
  expect(statements.map(({ predicateType }) => predicateType)).toEqual(['https://slsa.dev/provenance/v1']);
});

test('fails if the scanner runs and fails, even with best-effort', async () => {
  const request = await build(true, refuses('build/step-failed'), lab.scanner);
  await expect(attest(request)).rejects.toMatchObject({ code: 'build/step-failed' });
});

test("runs the scanner as root in its image's working directory with BuildKit's variables, even if the image sets another user", async () => {
  const script = [
    'test "$(pwd)" = "/w \\$x" && touch /tmp/scratch && test -f "$BUILDKIT_SCAN_SOURCE/etc/secret"',
    'name=$(basename $BUILDKIT_SCAN_SOURCE)',
    `echo '${JSON.stringify(SPDX)}' > "\${BUILDKIT_SCAN_DESTINATION}$name.spdx.json"`,
  ];
  plain.write({ 'scan.sh': script.join('\n'), secret: 'for root alone' });
  const entry = 'WORKDIR "/w \\$x"\nENTRYPOINT ["sh", "-e"]\nCMD ["/scan.sh"]\n';
  await plain.build(`FROM ${lab.baseBusybox}\nCOPY scan.sh /\nUSER 65532\n${entry}`, 'scanner');
  const image = await plain.build(`FROM scratch\nCOPY --chmod=600 secret /etc/secret\n`);
  const sbom = { scanner: `${plain.image}:scanner` };
  const manifests = [{ platform: '', digest: image }];
  const { digest } = await attest(plain.request(manifests, { attest: { provenance: 'off', sbom } }));
  expect(await statementsOf(plain.image, digest)).toMatchObject([{ predicate: SPDX }]);
}, 60_000);
