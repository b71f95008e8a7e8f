import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata, MetadataKind } from '@tufjs/models';
import {
  fetchTrustedRoot,
  GITHUB_TUF,
  PUBLIC_GOOD_TUF,
  readTrustedRoots,
} from '../../../src/registry/signing/trusted-roots.js';
import { problemsOf } from '../fixtures/clients.js';
import { startSigners, type Signers } from './fixtures/signers.js';
import { startTuf, type ServedTuf } from './fixtures/tuf-repository.js';

const TARGET = 'trusted_root.json';

let signers: Signers;
let tuf: ServedTuf;
let temp: string;
beforeAll(async () => {
  signers = await startSigners();
  temp = await mkdtemp(join(tmpdir(), 'roots-'));
});
beforeEach(async () => {
  tuf = await startTuf(TARGET);
  tuf.publish(document());
});
afterEach(() => tuf.stop());
afterAll(async () => {
  await signers.stop();
  await rm(temp, { recursive: true, force: true });
});

const document = (line = 0) => signers.sigstore.trustedRoot.split('\n')[line] ?? '';
const fetchRoot = () => fetchTrustedRoot(tuf, TARGET, { ...signers.signing(), temp });

test('fetches the trusted root through a renewed TUF root, and leaves no temporary files', async () => {
  const root = await fetchRoot();
  expect(root.tlogs).toHaveLength(1);
  expect(await readdir(temp)).toEqual([]);
});

test.each<[string, () => void, RegExp]>([
  [
    'a target with the wrong hash',
    () => {
      const path = [...tuf.files.keys()].find((name) => name.startsWith('/targets/')) ?? '';
      tuf.files.set(path, document(1).padEnd(document(0).length).slice(0, document(0).length));
    },
    /hash/i,
  ],
  ['an expired timestamp', () => tuf.publish(document(), new Date(Date.now() - 60_000)), /expired/i],
  [
    'a root that the previous root did not sign',
    () => {
      const root = JSON.parse(tuf.files.get('/2.root.json') ?? '') as { signatures: { sig: string }[] };
      root.signatures[0]!.sig = '00'.repeat(64);
      tuf.files.set('/2.root.json', JSON.stringify(root));
    },
    /signed by 0\/1 keys/,
  ],
  ['a repository without a timestamp', () => tuf.files.delete('/timestamp.json'), /404/],
])('rejects %s and leaves no temporary files', async (_, spoil, why) => {
  spoil();
  const [problem] = await problemsOf(fetchRoot());
  expect(problem).toMatchObject({ code: 'signing/unchecked' });
  expect(problem?.message).toMatch(why);
  expect(problem?.fix).toContain('--trusted-root');
  expect(await readdir(temp)).toEqual([]);
});

test.each([
  ['sigstore.dev', PUBLIC_GOOD_TUF],
  ['GitHub', GITHUB_TUF],
])('the built-in TUF root of %s is signed by its own keys, with a threshold of 3 or more', (_, { root }) => {
  const metadata = Metadata.fromJSON(MetadataKind.Root, JSON.parse(root));
  expect(() => metadata.verifyDelegate('root', metadata)).not.toThrow();
  expect(metadata.signed.roles['root']?.threshold).toBeGreaterThanOrEqual(3);
});

describe('a file with trusted roots', () => {
  const file = async (text: string) => {
    const path = join(temp, 'given');
    await writeFile(path, text);
    return path;
  };
  afterEach(() => rm(join(temp, 'given'), { force: true }));

  test('can contain one root, or one root per line', async () => {
    expect(await readTrustedRoots(await file(signers.sigstore.trustedRoot))).toHaveLength(2);
    const pretty = JSON.stringify(JSON.parse(document()), null, 2);
    expect(await readTrustedRoots(await file(pretty))).toHaveLength(1);
  });

  test.each([['{}'], ['not JSON'], ['']])('is rejected if it contains %j', async (text) => {
    expect(await problemsOf(readTrustedRoots(await file(text)))).toMatchObject([{ code: 'signing/unchecked' }]);
  });

  test('is reported if it does not exist', async () => {
    const [problem] = await problemsOf(readTrustedRoots(join(temp, 'nothing')));
    expect(problem?.message).toContain('ENOENT');
  });
});
