import { readKustomization, releaseEdit } from '../../../src/deploy/kustomization/kustomization.js';
import {
  type EntryMatch,
  findEntry,
  matchEntries,
  referenceOf,
  repositoryOf,
} from '../../../src/deploy/kustomization/match.js';
import { bytesOf, problemsOf } from './fixtures.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const IMAGE = 'ghcr.io/acme/api';
const document = (images: string) =>
  readKustomization({ path: 'k8s/kustomization.yml', bytes: bytesOf(`images:\n${images}`) });

function namesOf(match: EntryMatch): string[] {
  return match.status === 'found' ? match.entries.map(({ name }) => name) : [];
}

describe('the entries that deploy a released image', () => {
  test.each([
    ['by name', `- name: ${IMAGE}\n- name: web\n`, [IMAGE]],
    ['by newName, if the manifests use another name', `- name: api\n  newName: ${IMAGE}\n`, ['api']],
    ['by name and newName together', `- name: ${IMAGE}\n- name: api\n  newName: ${IMAGE}\n`, [IMAGE, 'api']],
    ['under several names', `- name: a\n  newName: ${IMAGE}\n- name: b\n  newName: ${IMAGE}\n`, ['a', 'b']],
    ['by a name with a tag', `- name: ${IMAGE}:latest\n`, [`${IMAGE}:latest`]],
  ])('are found %s', (_, images, names) => {
    expect(namesOf(matchEntries(document(images), IMAGE))).toEqual(names);
  });

  test.each([
    ['docker.io/acme/api', 'acme/api'],
    ['acme/api', 'index.docker.io/acme/api'],
    ['docker.io/library/api', 'api'],
  ])("are found across Docker Hub's spellings: %s by %s", (image, name) => {
    expect(namesOf(matchEntries(document(`- name: ${name}\n`), image))).toEqual([name]);
  });

  test('are refused if newName points to another repository', () => {
    const images = `- name: ${IMAGE}\n  newName: mirror.example.org/acme/api\n`;
    expect(matchEntries(document(images), IMAGE)).toMatchObject({
      status: 'refused',
      problem: {
        code: 'deploy/entry-missing',
        message: `The entry ${IMAGE} deploys mirror.example.org/acme/api, but the release goes to ${IMAGE}.`,
        place: { file: 'k8s/kustomization.yml', line: 2, column: 3 },
      },
    });
  });

  test('are refused if two of them have the same name', () => {
    expect(matchEntries(document(`- name: ${IMAGE}\n- name: ${IMAGE}\n`), IMAGE)).toMatchObject({
      status: 'refused',
      problem: { code: 'deploy/kustomization-unsafe', place: { line: 3 } },
    });
  });

  test('are missing: the fix shows how to point an entry with the same last part to the image', () => {
    expect(matchEntries(document('- name: api\n'), IMAGE)).toMatchObject({
      status: 'missing',
      problem: {
        code: 'deploy/entry-missing',
        fix: expect.stringContaining(`image-release set k8s/kustomization.yml api=${IMAGE}`),
      },
    });
  });
});

describe('the entry that a given name selects', () => {
  test.each([
    [
      'has exactly this name, even if others match by newName or without tag',
      'api',
      `- name: x\n  newName: api\n- name: api\n- name: api:v1\n`,
      'api',
    ],
    ['has this newName', IMAGE, `- name: api\n  newName: ${IMAGE}\n`, 'api'],
    ['has this name followed by a tag', 'acme/demo', '- name: acme/demo:blue\n', 'acme/demo:blue'],
    [
      'has this name followed by a digest',
      'localhost:5000/a',
      `- name: localhost:5000/a@${DIGEST}\n`,
      `localhost:5000/a@${DIGEST}`,
    ],
  ])('%s', (_, name, images, found) => {
    expect(findEntry(document(images), name).name).toBe(found);
  });

  test.each([
    ['newName', IMAGE, `- name: a\n  newName: ${IMAGE}\n- name: b\n  newName: ${IMAGE}\n`],
    ['a name without its tag', 'demo', '- name: demo:blue\n- name: demo:green\n'],
  ])('is ambiguous if several entries match by %s', (_, name, images) => {
    expect(problemsOf(() => findEntry(document(images), name))[0]?.code).toBe('deploy/kustomization-unsafe');
  });
});

describe('the reference and repository that kustomize deploys for an entry', () => {
  test.each([
    ['- name: api\n', 'api', 'api'],
    ['- name: api:v1\n', 'api:v1', 'api'],
    ['- name: api:v1\n  newTag: v2\n', 'api:v2', 'api'],
    [`- name: api\n  newName: ${IMAGE}\n  newTag: v2\n  digest: ${DIGEST}\n`, `${IMAGE}:v2@${DIGEST}`, IMAGE],
    [`- name: api\n  newTag: v2@${DIGEST}\n`, `api:v2@${DIGEST}`, 'api'],
  ])('%j', (images, reference, repository) => {
    const [entry] = document(images).entries;
    expect([referenceOf(entry!), repositoryOf(entry!)]).toEqual([reference, repository]);
  });
});

describe('the edit for a release', () => {
  const tag = { name: 'api', newTag: 'v1' };
  const digest = { name: 'api', digest: DIGEST };
  const joined = { name: 'api', newTag: `v1@${DIGEST}` };
  const bare = { name: 'api' };
  const released = { tag: 'v2', digest: DIGEST };

  test.each([
    ['tag', bare, { tag: 'v2' }],
    ['tag', tag, { tag: 'v2' }],
    ['tag', digest, released],
    ['tag', joined, released],
    ['digest', bare, { digest: DIGEST }],
    ['digest', digest, { digest: DIGEST }],
    ['digest', tag, released],
    ['both', bare, released],
    ['both', tag, released],
  ] as const)('with pin %s and entry %j sets %j', (pin, entry, parts) => {
    expect(releaseEdit(entry, released, pin)).toEqual({ name: 'api', ...parts });
  });

  test.each([
    ['tag', digest],
    ['tag', joined],
    ['digest', tag],
    ['both', bare],
  ] as const)('with pin %s and entry %j is refused if the release has no digest', (pin, entry) => {
    expect(problemsOf(() => releaseEdit(entry, { tag: 'v2' }, pin))[0]?.code).toBe('deploy/entry-pinned');
  });
});
