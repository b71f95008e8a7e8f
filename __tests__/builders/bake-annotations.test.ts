import { plannedImage } from './samples.js';
import { targetOf } from './fixtures/bake-targets.js';

describe('annotations without a level go to the manifest, and to the index if there is one:', () => {
  const annotations = { 'org.opencontainers.image.title': 'api' };
  const [index, manifest] = ['index', 'manifest'].map((at) => `${at}:org.opencontainers.image.title=api`);
  test.each([
    ['provenance creates an index', { attest: { provenance: 'min', sbom: 'off' } }, [index, manifest]],
    ['an SBOM creates an index', { attest: { provenance: 'off', sbom: {} } }, [index, manifest]],
    [
      'two platforms create an index',
      { attest: { provenance: 'off', sbom: 'off' }, platforms: ['linux/amd64', 'linux/arm64'] },
      [index, manifest],
    ],
    [
      'one platform without attestations has no index',
      { attest: { provenance: 'off', sbom: 'off' }, platforms: ['linux/amd64'] },
      [manifest],
    ],
  ] as const)('%s', (_, over, expected) => {
    const image = plannedImage('api', { annotations, ...structuredClone(over) } as object);
    expect(targetOf([image], 'by-digest').annotations).toEqual(expected);
  });
});

test.each([
  ['index:a', ['index:a=v'], []],
  ['manifest:a', ['manifest:a=v'], ['manifest:a=v']],
  ['index,manifest:a', ['index:a=v', 'manifest:a=v'], ['manifest:a=v']],
  [
    'manifest[linux/amd64],index-descriptor:a',
    ['manifest[linux/amd64]:a=v', 'index-descriptor:a=v'],
    ['manifest[linux/amd64]:a=v'],
  ],
  ['com.example:a', ['index:com.example:a=v', 'manifest:com.example:a=v'], ['manifest:com.example:a=v']],
])(
  'writes the annotation %s to its levels, except index levels if the image has no index',
  (name, onIndex, onManifest) => {
    const off = { provenance: 'off', sbom: 'off' } as const;
    const image = plannedImage('api', { annotations: { [name]: 'v' } });
    expect(targetOf([image], 'by-digest').annotations).toEqual(onIndex);
    expect(targetOf([{ ...image, attest: off }], 'by-digest').annotations ?? []).toEqual(onManifest);
  },
);
