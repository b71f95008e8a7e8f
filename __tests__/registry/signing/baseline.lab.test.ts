import { jest } from '@jest/globals';
import { signByGithub } from '../../../src/registry/signing/sign-release.js';
import { createShelf, RELEASE_TAG, verdicts, type Shelf } from '../baseline/published.js';
import { createSite, type Site } from '../site.js';
import { pushSingle } from '../test-images.js';
import { startSigners, type Signers } from './signers.js';

jest.setTimeout(60_000);

let site: Site;
let signers: Signers;
let shelf: Shelf;
beforeAll(async () => {
  site = await createSite();
  signers = await startSigners();
});
beforeEach(async () => {
  shelf = await createShelf(site);
});
afterAll(async () => {
  await signers.stop();
  await site.stop();
});

const judged = async (sign?: 'github' | 'cosign') => verdicts((await shelf.find({ sign })).reading);

async function sign(digest: string) {
  const { image } = shelf.image();
  const client = site.client();
  const document = await client.getManifest(image, digest);
  await signByGithub(signers.signing())([{ key: 'api', image, document: document! }], client);
}

test('an earlier build is used again only with the signature that is asked for now', async () => {
  const { digest } = await shelf.publish({ tag: RELEASE_TAG });
  const unsigned = [`${RELEASE_TAG} ${RELEASE_TAG} is not signed, and \`attest.sign\` asks for it`];
  expect(await judged()).toEqual([`${RELEASE_TAG} whole`]);
  expect(await judged('github')).toEqual(unsigned);
  expect(await judged('cosign')).toEqual(unsigned);
  await sign(digest);
  expect(await judged('github')).toEqual([`${RELEASE_TAG} whole`]);
});

test('a signature that lies beside the image and speaks of another is none', async () => {
  const { digest } = await shelf.publish({ tag: RELEASE_TAG });
  const other = await shelf.publish();
  await sign(other.digest);
  const { image } = shelf.image();
  const client = site.client();
  const list = await client.getManifest(image, other.digest.replace(':', '-'));
  await client.putManifest(image, digest.replace(':', '-'), list!.bytes, list!.mediaType);
  expect(await judged('github')).toEqual([expect.stringContaining('is not signed')]);
});

test('what cosign put under a tag of its own counts as its signature', async () => {
  const { digest } = await shelf.publish({ tag: RELEASE_TAG });
  const tag = `${digest.replace(':', '-')}.sig`;
  await pushSingle(site.registry, `${shelf.path}/api`, 'a signature', undefined, tag);
  expect(await judged('cosign')).toEqual([`${RELEASE_TAG} whole`]);
  expect(await judged('github')).toEqual([expect.stringContaining('is not signed')]);
});
