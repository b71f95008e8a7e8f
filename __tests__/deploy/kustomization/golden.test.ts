import { mkdtempSync, readFileSync, rmSync, utimesSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateKustomizations } from '../../../src/deploy/kustomization/location.js';
import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization, readKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { releaseEdit } from '../../../src/deploy/kustomization/fields.js';
import { setImages } from '../../../src/deploy/set.js';
import { formatPlace } from '../../../src/lib/errors.js';
import { createWorld } from '../rollout-world.js';
import { bytesOf, ownFiles, problemsOf } from './fixtures.js';

const OLD = `sha256:${'1'.repeat(64)}`;
const NEW = `sha256:${'a'.repeat(64)}`;

function edit(text: string, specs: string[], missing: 'refuse' | 'add' = 'refuse'): string {
  const edits = specs.map(parseImageSpec);
  const result = editKustomization({ path: 'k.yaml', bytes: bytesOf(text), edits, missing });
  if (result.status === 'unchanged') throw new Error('unchanged');
  return Buffer.from(result.bytes).toString('utf8');
}

/** `code file:line:column` of every problem. */
function refusal(text: string, specs: string[], missing: 'refuse' | 'add' = 'refuse'): string[] {
  return problemsOf(() => edit(text, specs, missing)).map(({ code, place }) =>
    [code, place && formatPlace(place)].filter(Boolean).join(' '),
  );
}

/** A release through its own rules instead of a person's spec. */
function release(
  text: string,
  pin: 'tag' | 'digest' | 'both',
  released: { tag: string; digest?: string },
): string {
  const [entry] = readKustomization({ path: 'k.yaml', bytes: bytesOf(text) }).entries;
  const edits = [releaseEdit(entry!, released, pin)];
  const result = editKustomization({ path: 'k.yaml', bytes: bytesOf(text), edits });
  return result.status === 'changed' ? Buffer.from(result.bytes).toString('utf8') : text;
}

const COMMENTED = ownFiles.find(({ name }) => name === 'comments.yaml')!.bytes.toString('utf8');
const LIST = 'images:\n- name: api\n  newTag: v1\n- name: web\n  newTag: v1\n';

test('1 one scalar changes, nothing else', () => {
  const at = COMMENTED.indexOf('main-0a1b2c3');
  expect(edit(COMMENTED, ['ghcr.io/acme/acme-api=:main-4d5e6f7'])).toBe(
    `${COMMENTED.slice(0, at)}main-4d5e6f7${COMMENTED.slice(at + 'main-0a1b2c3'.length)}`,
  );
});

test("1 Flux's image policy markers stay, so that both writers can be used side by side", () => {
  const marker = 'newTag: main-4d5e6f7   # {"$imagepolicy": "flux-system:acme-api:tag"}';
  expect(edit(COMMENTED, ['ghcr.io/acme/acme-api=:main-4d5e6f7'])).toContain(marker);
});

describe('2 CRLF', () => {
  const text = '# top\r\nimages:\r\n- name: api # c\r\n  newTag: v1\r\n- name: web\r\n';
  test('stays on every line', () => {
    expect(edit(text, ['api=:v2'])).toBe(text.replace('v1', 'v2'));
  });
  test('ends a new key and a new entry as well', () => {
    expect(edit(text, ['web=:v2', 'job=:v2'], 'add')).toBe(
      `${text}  newTag: v2\r\n- name: job\r\n  newTag: v2\r\n`,
    );
  });
  test('in a mixed file each line keeps its own', () => {
    const mixed = 'images:\n- name: api\r\n  newTag: v1\n- name: web\r\n  newTag: v1\r\n';
    expect(edit(mixed, ['api=:v2', 'web=:v3'])).toBe(
      'images:\n- name: api\r\n  newTag: v2\n- name: web\r\n  newTag: v3\r\n',
    );
  });
});

test('3 BOM', () => {
  expect(edit(`\ufeff${LIST}`, ['api=:v2'])).toBe(`\ufeff${LIST.replace('v1', 'v2')}`);
});

describe('4 no final newline', () => {
  const text = 'images:\n- name: api\n  newTag: v1';
  test('none is added behind an edit', () => expect(edit(text, ['api=:v2'])).toBe(text.replace('v1', 'v2')));
  test('nor behind an entry that is added', () =>
    expect(edit(text, ['web=:v2'], 'add')).toBe(`${text}\n- name: web\n  newTag: v2`));
});

test.each([
  ['images: [{name: api, newTag: v1}, {name: web, newTag: v1}]\n'],
  ['images: [ { newTag: v1 , name: api } , { name: web } ] # c\n'],
  ['images:\n- {name: api, newTag: v1} # c\n- {name: web}\n'],
  ['{"images":[{"name":"api","newTag":"v1"}]}'],
  ['images: [\n  {\n    name: api,\n    newTag: v1, # c\n  },\n]\n'],
])('5 flow list: %j', (text) => {
  expect(edit(text, ['api=:v2'])).toBe(text.replace('v1', 'v2'));
});

test('6 quoted keys and values keep their quotes', () => {
  const text = `"images":\n- 'name': "api"\n  "newTag": 'v1'\n- "name": 'web'\n  newTag: "v1"\n`;
  expect(edit(text, ['api=:v2', 'web=:v3'])).toBe(
    `"images":\n- 'name': "api"\n  "newTag": 'v2'\n- "name": 'web'\n  newTag: "v3"\n`,
  );
});

describe('7 digest present, tag set', () => {
  const pinned = `images:\n- name: api\n  newTag: v1 # t\n  digest: ${OLD} # d\n`;
  test('both are updated', () => {
    const both = pinned.replace('v1', 'v2').replace(OLD, NEW);
    expect(edit(pinned, [`api=:v2@${NEW}`])).toBe(both);
  });
  test.each(['tag', 'digest', 'both'] as const)('by a release too, whatever it pins: %s', (pin) => {
    expect(release(pinned, pin, { tag: 'v2', digest: NEW })).toBe(
      pinned.replace('v1', 'v2').replace(OLD, NEW),
    );
  });
  test('an entry with a digest alone keeps having one', () => {
    const text = `images:\n- name: api\n  digest: ${OLD}\n`;
    expect(release(text, 'digest', { tag: 'v2', digest: NEW })).toBe(text.replace(OLD, NEW));
    expect(release(text, 'tag', { tag: 'v2', digest: NEW })).toContain(`digest: ${NEW}`);
  });
  test('a tag alone is refused: it would stand beside the digest of another image', () => {
    expect(refusal(pinned, ['api=:v2'])).toEqual(['deploy/entry-pinned k.yaml:2:3']);
    expect(problemsOf(() => release(pinned, 'tag', { tag: 'v2' }))[0]?.code).toBe('deploy/digest-unknown');
  });
});

test('8 newName kept', () => {
  const text = 'images:\n- name: api\n  newName: ghcr.io/acme/api\n  newTag: v1\n';
  expect(edit(text, ['api=:v2'])).toBe(text.replace('v1', 'v2'));
  expect(edit(text, ['api=ghcr.io/acme/api:v2'])).toBe(text.replace('v1', 'v2'));
});

describe('9 number-like tags get quoted', () => {
  test.each(['1.10', '010', '1e3', '0x1f', '20240131', 'true', 'no', 'null', '1_000'])('%s', (tag) => {
    expect(edit(LIST, [`api=:${tag}`])).toBe(LIST.replace('v1', `"${tag}"`));
    expect(edit(LIST, [`job=:${tag}`], 'add')).toBe(`${LIST}- name: job\n  newTag: "${tag}"\n`);
  });
  test('in the quotes that the file uses', () => {
    const text = `images:\n- name: web\n  newTag: '1.0'\n- name: api\n  newTag: v1\n`;
    expect(edit(text, ['api=:1.10'])).toBe(text.replace('v1', "'1.10'"));
  });
  test('also where the tag stands there already, but as a number that kustomize refuses', () => {
    expect(edit('images:\n- name: api\n  newTag: 1.10\n', ['api=:1.10'])).toContain('newTag: "1.10"');
  });
});

describe('10 alias/anchor refused with place', () => {
  test.each([
    [
      'an anchor that is used',
      'images:\n- name: api\n  newTag: &t v1\n- name: web\n  newTag: *t\n',
      'k.yaml:3:14',
    ],
    ['an alias', 'images:\n- name: web\n  newTag: &t v1\n- name: api\n  newTag: *t\n', 'k.yaml:5:11'],
    ['an alias that is the list', 'x: &i [{name: api}]\nimages: *i\n', 'k.yaml:2:9'],
    ['a merge key', 'x: &b {newTag: v1}\nimages:\n- <<: *b\n  name: api\n', 'k.yaml:3:3'],
  ])('%s', (_, text, place) => {
    expect(refusal(text, ['api=:v2'])).toEqual([`deploy/kustomization-unsafe ${place}`]);
  });
  test('an anchor that nothing refers to is no obstacle and stays', () => {
    expect(edit('images:\n- name: api\n  newTag: &t v1\n', ['api=:v2'])).toContain('newTag: &t v2');
  });
});

describe('11 Renovate form kept in form', () => {
  const text = `images:\n- name: api\n  newTag: "2@${OLD}" # pinned\n`;
  const updated = text.replace(`2@${OLD}`, `3@${NEW}`);
  test('by set', () => expect(edit(text, [`api=:3@${NEW}`])).toBe(updated));
  test.each(['tag', 'digest', 'both'] as const)('by a release that pins %s', (pin) => {
    expect(release(text, pin, { tag: '3', digest: NEW })).toBe(updated);
  });
});

describe('12 missing entry', () => {
  test('appended in local style where that is asked for', () => {
    const text = `images:\n  - name: 'web' # w\n    newTag: 'v1'\n    # about web\n  # foot\nresources: [a.yaml]\n`;
    expect(edit(text, ['api=:v2'], 'add')).toBe(
      `images:\n  - name: 'web' # w\n    newTag: 'v1'\n    # about web\n  - name: 'api'\n    newTag: 'v2'\n  # foot\nresources: [a.yaml]\n`,
    );
  });
  test.each([
    [
      'no list',
      'resources:\n  - a.yaml\n',
      'resources:\n  - a.yaml\nimages:\n  - name: api\n    newTag: v2\n',
    ],
    ['an empty list', 'images: []\n', 'images: [{name: api, newTag: v2}]\n'],
    ['an empty list on lines', 'images: [\n]\n', 'images: [{name: api, newTag: v2}\n]\n'],
    [
      'a key without list',
      'images:\nresources:\n- a\n',
      'images:\n- name: api\n  newTag: v2\nresources:\n- a\n',
    ],
    ['a flow list', 'images: [{name: web}]\n', 'images: [{name: web}, {name: api, newTag: v2}]\n'],
  ])('%s', (_, text, expected) => {
    expect(edit(text, ['api=:v2'], 'add')).toBe(expected);
  });
  test('else an error listing the names there are', () => {
    const [problem] = problemsOf(() => edit(LIST, ['apii=:v2']));
    expect(problem).toMatchObject({
      code: 'deploy/entry-missing',
      message: 'k.yaml has no entry for apii; there are: api, web.',
      fix: expect.stringContaining('Did you mean api?'),
    });
  });
  test('a list whose key is misspelt is not given a second one beside it', () => {
    const text = 'image:\n- name: api\n  newTag: v1\n';
    expect(refusal(text, ['api=:v2'])).toEqual(['deploy/entry-missing k.yaml:1:1']);
    expect(refusal(text, ['api=:v2'], 'add')).toEqual(['deploy/kustomization-unsafe k.yaml:1:1']);
  });
});

describe('13 error, no write', () => {
  test.each([
    ['duplicates', 'images:\n- name: api\n- name: web\n- name: api\n', 'deploy/entry-ambiguous k.yaml:4:3'],
    ['several documents', `${LIST}---\n${LIST}`, 'deploy/kustomization-unsafe k.yaml:7:1'],
    [
      'Flux CR',
      'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {images: [{name: api}]}\n',
      'deploy/kustomization-foreign k.yaml:1:13',
    ],
    ['unknown field', 'images:\n- name: api\n  tag: v1\n', 'deploy/entry-field-unknown k.yaml:3:3'],
  ])('%s', (_, text, expected) => {
    expect(refusal(text, ['api=:v2'])).toEqual([expected]);
  });
  test('several kustomization file names in a folder', () => {
    const paths = ['k8s/kustomization.yaml', 'k8s/Kustomization'];
    expect(locateKustomizations('k8s', paths)).toMatchObject({
      problem: {
        code: 'deploy/kustomization-ambiguous',
        message: 'k8s/ holds kustomization.yaml and Kustomization; kustomize rejects such a folder.',
      },
    });
  });
});

describe('14 Component and imageTags edited', () => {
  test('a Component', () => {
    const text = `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n${LIST}`;
    expect(edit(text, ['web=:v2'])).toBe(`${text.slice(0, -3)}v2\n`);
  });
  test('imageTags, the list of old', () => {
    const text = 'imageTags:\n- name: api\n  newTag: v1\n';
    expect(edit(text, ['api=:v2'])).toBe(text.replace('v1', 'v2'));
    expect(edit(text, ['web=:v2'], 'add')).toBe(`${text}- name: web\n  newTag: v2\n`);
  });
});

test('16 same values: no commit', async () => {
  const world = createWorld();
  const release = world.source();
  await world.release(release);
  const { deployments } = await world.release({ ...release, run: release.run + 1 });
  expect(deployments.map(({ status }) => status)).toEqual(['unchanged']);
  expect(world.deployCommits()).toBe(1);
});

test('16 same values: no write', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  try {
    const file = join(folder, 'kustomization.yaml');
    writeFileSync(file, LIST);
    utimesSync(file, 1, 1);
    const request = {
      path: '.',
      cwd: folder,
      specs: ['api=:v1', 'web=:v1'],
      missing: 'add',
      mode: 'write',
    } as const;
    expect(await setImages(request)).toEqual({ status: 'unchanged', path: 'kustomization.yaml' });
    expect(statSync(file).mtimeMs).toBe(1000);
    expect(readFileSync(file, 'utf8')).toBe(LIST);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('17 invalid tag, digest or name: refused', () => {
  test.each([
    ['tag', { name: 'api', tag: '-v2' }],
    ['tag', { name: 'api', tag: 'v2@sha256:1' }],
    ['digest', { name: 'api', tag: 'v2', digest: 'sha256:abc' }],
    ['name', { name: 'api', newName: 'ghcr.io/Acme/api' }],
    ['name', { name: 'api', newName: 'ghcr.io/acme/api:v2' }],
    ['name of a new entry', { name: 'ghcr.io/Acme/new', tag: 'v2' }],
  ])('%s %j', (_, wanted) => {
    const attempt = () =>
      editKustomization({ path: 'k.yaml', bytes: bytesOf(LIST), edits: [wanted], missing: 'add' });
    expect(problemsOf(attempt).map(({ code }) => code)).toEqual(['image/invalid-reference']);
  });
});
