import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization, readKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { releaseEdit } from '../../../src/deploy/kustomization/fields.js';
import { locateKustomizations } from '../../../src/deploy/kustomization/location.js';
import { matchEntries } from '../../../src/deploy/kustomization/match.js';
import { bytesOf } from './fixtures.js';

/** What a release of the image writes into the file. */
function release(text: string, image: string, released: { tag: string; digest?: string }): string {
  const file = { path: 'k8s/kustomization.yml', bytes: bytesOf(text) };
  const match = matchEntries(readKustomization(file), image);
  if (match.status !== 'found') throw new Error(match.problem.message);
  const edits = match.entries.map((entry) => releaseEdit(entry, released, 'tag'));
  const result = editKustomization({ ...file, edits });
  return result.status === 'changed' ? Buffer.from(result.bytes).toString('utf8') : text;
}

const DIGEST = `sha256:${'1'.repeat(64)}`;

describe('lesson 3: what `sed s/newTag: .*/` did', () => {
  const text = `images:
  - name: acme-api
    newTag: "main-0000000" # {"$imagepolicy": "flux-system:api:tag"}
  - name: acme-frontend
    newTag: 'main-1111111'   # the web
  - name: acme-worker
    digest: ${DIGEST} # no tag
`;

  test('only the entry that is named gets the tag', () => {
    expect(release(text, 'acme-api', { tag: 'main-2222222' })).toBe(
      text.replace('main-0000000', 'main-2222222'),
    );
  });

  test('quotes and trailing comments stay', () => {
    expect(release(text, 'acme-frontend', { tag: 'main-2222222' })).toContain(
      `    newTag: 'main-2222222'   # the web\n`,
    );
  });

  test('an entry that has only a digest is not passed over in silence: it gets the new digest', () => {
    const digest = `sha256:${'2'.repeat(64)}`;
    const after = release(text, 'acme-worker', { tag: 'main-2222222', digest });
    expect(after).toContain(`newTag: main-2222222\n`);
    expect(after).toContain(`digest: ${digest} # no tag\n`);
    expect(() => release(text, 'acme-worker', { tag: 'main-2222222' })).toThrow(
      'The entry acme-worker needs the digest of the tag main-2222222, and none is known.',
    );
  });
});

describe('need 6: the name in the manifests may differ from the one pushed', () => {
  const text = 'images:\n- name: api\n  newName: ghcr.io/acme/acme-api\n  newTag: v1\n';

  test('the entry is found by its newName, and keeps both names', () => {
    expect(release(text, 'ghcr.io/acme/acme-api', { tag: 'v2' })).toBe(text.replace('v1', 'v2'));
  });

  test('an entry that lacks the new name is not taken by guess; the answer says how to point it there', () => {
    expect(() => release('images:\n- name: acme-api\n', 'ghcr.io/acme/acme-api', { tag: 'v2' })).toThrow(
      'k8s/kustomization.yml has no entry for ghcr.io/acme/acme-api; there are: acme-api.',
    );
  });

  test('the entry may have to be added, with both names', () => {
    const result = editKustomization({
      path: 'k.yaml',
      bytes: bytesOf(text),
      edits: [parseImageSpec('web=ghcr.io/acme/acme-frontend:v2')],
      missing: 'add',
    });
    expect(result.status === 'changed' && Buffer.from(result.bytes).toString()).toBe(
      `${text}- name: web\n  newName: ghcr.io/acme/acme-frontend\n  newTag: v2\n`,
    );
  });
});

test('need 7: a second Kustomization beside the first is addressed by its path', () => {
  const paths = ['k8s/kustomization.yml', 'k8s/kustomization-canary.yml', 'k8s/images.yaml'];
  const located = (configured: string) => locateKustomizations(configured, paths);
  expect(located('k8s')).toEqual({ status: 'found', paths: ['k8s/kustomization.yml'] });
  expect(located('k8s/images.yaml')).toEqual({ status: 'found', paths: ['k8s/images.yaml'] });
  expect(located('k8s/kustomization-*.yml')).toEqual({
    status: 'found',
    paths: ['k8s/kustomization-canary.yml'],
  });
});
