import { candidate, changed, COMMIT, D1, D2, decide, known, reading, type Case } from './baseline-fixtures.js';

describe('an existing release tag', () => {
  const tags = { tags: ['main-1234567', 'latest'], releaseTag: 'main-1234567' };
  const versioned = {
    tags: ['1.2.3'],
    releaseTag: '1.2.3',
    labels: { 'org.opencontainers.image.version': '1.2.3' },
    annotations: { 'org.opencontainers.image.version': '1.2.3', other: '1.2.3' },
  };
  const foreign = 'f'.repeat(40);
  const nextTag = 'main-1234567-r2';
  const taken = ['registry/release-tag-taken'];

  test.each<[string, Case, string, string[]]>([
    [
      'of the reused build is kept',
      {
        image: tags,
        baseline: reading([candidate()], { existingTag: { digest: D1, commit: foreign, nextTag } }),
      },
      'unchanged main-1234567',
      [],
    ],
    [
      'of another build of the commit stays, and the new build gets a numbered tag',
      { image: tags, baseline: reading([changed], { existingTag: { digest: D2, commit: COMMIT, nextTag } }) },
      'build main-1234567-r2',
      [],
    ],
    [
      'that names the commit stays even if its build records no commit',
      { image: tags, baseline: reading([changed], { existingTag: { digest: D2, nextTag } }) },
      'build main-1234567-r2',
      [],
    ],
    [
      'stays if a later build with a numbered tag is reused',
      {
        image: tags,
        baseline: reading([candidate({ tag: 'main-1234567-r2', digest: D2 })], {
          existingTag: { digest: D1, commit: COMMIT, nextTag: 'main-1234567-r3' },
        }),
      },
      'unchanged main-1234567-r2',
      [],
    ],
    [
      'is rejected for a version of another commit',
      {
        image: versioned,
        baseline: reading([changed], { existingTag: { digest: D2, commit: foreign, nextTag: '1.2.3-r2' } }),
      },
      'build 1.2.3',
      taken,
    ],
    [
      'is rejected for a version of an unknown commit',
      {
        image: versioned,
        baseline: reading([candidate()], { existingTag: { digest: D2, nextTag: '1.2.3-r2' } }),
      },
      'unchanged 1.2.3',
      taken,
    ],
    [
      'is rejected if all numbered tags exist too',
      { image: tags, baseline: reading([changed], { existingTag: { digest: D2, commit: COMMIT } }) },
      'build main-1234567',
      taken,
    ],
  ])('%s', (_, given, expected, codes) => {
    const { image, problems } = decide({ inputs: known(), ...given });
    expect(`${image.status} ${image.releaseTag}`).toBe(expected);
    expect(image.tags[0]).toBe(image.releaseTag);
    expect(problems.map(({ code }) => code)).toEqual(codes);
  });

  test('adds the number to the version in labels and annotations', () => {
    const existingTag = { digest: D2, commit: COMMIT, nextTag: '1.2.3-r2' };
    const { image } = decide({
      image: versioned,
      inputs: known(),
      baseline: reading([changed], { existingTag }),
    });
    expect(image.labels).toEqual({ 'org.opencontainers.image.version': '1.2.3-r2' });
    expect(image.annotations).toMatchObject({
      'org.opencontainers.image.version': '1.2.3-r2',
      other: '1.2.3',
    });
  });
});
