/** @programs docker */
import { freePort } from '../../testing/free-port.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import type { PlannedAttestations } from '../../src/plan/plan.js';
import type { ExpectedImage } from '../../src/registry/check.js';
import { createRegistryClient } from '../../src/registry/client.js';
import { expectedOf, verifyImage } from '../../src/registry/verify.js';
import { createBakery, problemsOf, SHELL, type Bakery } from './bakery.js';
import { REGISTRY } from './daemon.js';
import { tagsOf } from './registry-reader.js';

const client = createRegistryClient({ credentials: async () => undefined, userAgent: 'image-release-test' });
let bakery: Bakery;
let nowhere: string;

beforeAll(async () => {
  bakery = await createBakery();
  nowhere = `127.0.0.1:${await freePort()}/scanner:1`;
  await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo ${bakery.id}\n`);
  await bakery.site.write('web/Dockerfile', `${SHELL}RUN echo web ${bakery.id}\n`);
});
afterAll(async () => {
  client.close();
  await bakery.close();
});

const image = (key: string, name: string, sbom: PlannedAttestations['sbom']) =>
  bakery.image(key, {
    image: `${REGISTRY}/sbom-${bakery.id}/${name}`,
    attest: { provenance: 'max', sbom },
  });

describe("an SBOM scanner that can't be pulled", () => {
  test('fails the build with the reason, and no tag is created', async () => {
    const api = image('api', 'required', { scanner: nowhere });
    const problems = await problemsOf(bakery.build([api]));
    expect(problems).toMatchObject([
      {
        code: 'build/sbom-scanner',
        severity: 'error',
        image: 'api',
        message: expect.stringMatching(new RegExp(`the SBOM scanner ${nowhere}: .*connection refused`)),
      },
    ]);
    expect(await tagsOf(api)).toEqual([]);
  });

  test('causes one warning at best effort, and images that are complete without an SBOM', async () => {
    const images = ['api', 'web'].map((key) => image(key, `optional/${key}`, { scanner: nowhere, optional: true }));
    const { images: built, warnings } = await bakery.build(images);
    expect(warnings).toMatchObject([
      {
        code: 'build/sbom-scanner',
        severity: 'warning',
        message: expect.stringContaining('api, web have no SBOM'),
        detail: expect.stringContaining(nowhere),
      },
    ]);
    for (const [at, { key, digest }] of built.entries()) {
      const planned = images[at]!;
      const whole = { client, key, image: planned.image, digest: digest! };
      const verification = await verifyImage({ ...whole, expected: expectedOf(planned) });
      if (verification.status !== 'sound') throw new Error(JSON.stringify(verification.problems));
      const [platform] = verification.platforms;
      expect(platform?.provenance).toBeDefined();
      expect(platform?.sbom).toBeUndefined();
    }
  });
});

test('an image has an SBOM at best effort if the scanner can be pulled', async () => {
  const api = image('api', 'reached', { scanner: labFromEnvironment().scanner, optional: true });
  const { images: built, warnings } = await bakery.build([api]);
  expect(warnings).toEqual([]);
  const expected: ExpectedImage = { platforms: [], provenance: 'max', sbom: 'on' };
  const verification = await verifyImage({
    ...{ client, key: 'api', image: api.image, digest: built[0]!.digest!, expected },
  });
  expect(verification).toMatchObject({ status: 'sound', platforms: [{ sbom: { packages: 0 } }] });
});
