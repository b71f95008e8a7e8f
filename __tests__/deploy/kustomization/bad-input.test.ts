import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImages } from '../../../src/deploy/set.js';
import { formatPlace, ReleaseError } from '../../../src/lib/errors.js';
import { bytesOf } from './fixtures.js';

const DIGEST = `sha256:${'1'.repeat(64)}`;
const FILE = 'k8s/kustomization.yaml';
const SOUND = 'images:\n- name: api\n  newTag: v1\n';
const LARGE = `${SOUND}${'# filler\n'.repeat(1_165_085)}`;

interface BadInput {
  content: string | Uint8Array;
  specs?: string[];
  missing?: 'refuse' | 'add';
  /** `code file:line:column`; the file alone where no line is to blame. */
  refusal: string;
  reason: RegExp;
}

const CASES: Record<string, BadInput> = {
  'a tag that an alias elsewhere repeats': {
    content: 'images:\n- name: api\n  newTag: &t v1\nnamePrefix: *t\n',
    refusal: `deploy/kustomization-unsafe ${FILE}:3:14`,
    reason: /newTag of api is used again in line 4 \(&t, \*t\)/,
  },
  'a tag that is an alias': {
    content: 'namePrefix: &t v1\nimages:\n- name: api\n  newTag: *t\n',
    refusal: `deploy/kustomization-unsafe ${FILE}:4:11`,
    reason: /newTag of api is an alias \(\*t\)/,
  },
  'an alias to nothing': {
    content: `${SOUND}namePrefix: *none\n`,
    refusal: `deploy/kustomization-unreadable ${FILE}:4:13`,
    reason: /is not valid YAML: Unresolved alias.*none/,
  },
  'aliases that multiply without bounds': {
    content: `${SOUND}a0: &a0 [x]\n${Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]\n`).join('')}`,
    refusal: `deploy/kustomization-unreadable ${FILE}:5:10`,
    reason: /Excessive alias count/,
  },
  'an entry that is an alias': {
    content: 'images:\n- &e {name: web}\n- *e\n',
    specs: ['web=:v2'],
    refusal: `deploy/entry-ambiguous ${FILE}:3:3`,
    reason: /2 entries for web: web \(line 2\), web \(line 3\)/,
  },
  'duplicate entries': {
    content: 'images:\n- name: api\n  newTag: v1\n- name: api\n  newTag: v2\n',
    refusal: `deploy/entry-ambiguous ${FILE}:4:3`,
    reason: /2 entries for api: api \(line 2\), api \(line 4\)/,
  },
  'a duplicate key': {
    content: 'images:\n- name: api\n  newTag: v1\n  newTag: v2\n',
    refusal: `deploy/kustomization-unsafe ${FILE}:4:3`,
    reason: /newTag of api is written twice/,
  },
  'a duplicate list': {
    content: `${SOUND}${SOUND}`,
    refusal: `deploy/kustomization-unsafe ${FILE}:4:1`,
    reason: /has the key images twice/,
  },
  'several documents': {
    content: `${SOUND}---\nkind: Kustomization\n`,
    refusal: `deploy/kustomization-unsafe ${FILE}:5:1`,
    reason: /several documents/,
  },
  "Flux's own Kustomization": {
    content: `# of Flux\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n`,
    refusal: `deploy/kustomization-foreign ${FILE}:2:13`,
    reason: /Flux's own Kustomization resource/,
  },
  'another kind of resource': {
    content: 'apiVersion: apps/v1\nkind: Deployment\n',
    refusal: `deploy/kustomization-foreign ${FILE}:2:7`,
    reason: /not a Kustomization but a Deployment/,
  },
  'an unknown field of the entry': {
    content: `${SOUND}  pullPolicy: Always\n`,
    refusal: `deploy/entry-field-unknown ${FILE}:4:3`,
    reason: /The entry api has the key "pullPolicy"/,
  },
  'a misspelt list': {
    content: SOUND.replace('images', 'image'),
    refusal: `deploy/entry-missing ${FILE}:1:1`,
    reason: /no list of images, but the key image\./,
  },
  'a misspelt list, and an entry to be added': {
    content: `kind: Kustomization\n${SOUND.replace('images', 'imagse')}`,
    missing: 'add',
    refusal: `deploy/kustomization-unsafe ${FILE}:2:1`,
    reason: /imagse is probably meant to be the list of images/,
  },
  'an entry that is not there': {
    content: `kind: Kustomization\n${SOUND}`,
    specs: ['web=:v2'],
    refusal: `deploy/entry-missing ${FILE}:2:1`,
    reason: /no entry for web; there are: api\./,
  },
  'an entry pinned to a digest': {
    content: `images:\n- name: api\n  digest: ${DIGEST}\n`,
    refusal: `deploy/entry-pinned ${FILE}:2:3`,
    reason: /pinned to sha256:1{64}/,
  },
  'a template instead of YAML': {
    content: SOUND.replace('v1', '{{ .Values.tag }}'),
    refusal: `deploy/kustomization-unsafe ${FILE}:3:3`,
    reason: /newTag of api is not a single value/,
  },
  'an open quote': {
    content: 'images:\n- name: api\n  newTag: "v1\n',
    refusal: `deploy/kustomization-unreadable ${FILE}:4:1`,
    reason: /is not valid YAML/,
  },
  'a merge conflict': {
    content: `images:\n- name: api\n<<<<<<< HEAD\n  newTag: v1\n=======\n  newTag: v2\n>>>>>>> x\n`,
    refusal: `deploy/kustomization-unreadable ${FILE}:3:1`,
    reason: /unresolved merge conflict/,
  },
  'bytes that are not UTF-8': {
    content: Buffer.from('images:\n- name: api # caf\xe9\n', 'latin1'),
    refusal: `deploy/kustomization-unreadable ${FILE}:2:18`,
    reason: /is not UTF-8/,
  },
  'a UTF-8 sequence that is cut off at the end': {
    content: Buffer.concat([bytesOf(`${SOUND}# `), Buffer.from([0xe2, 0x82])]),
    refusal: `deploy/kustomization-unreadable ${FILE}:4:3`,
    reason: /is not UTF-8/,
  },
  'a control character': {
    content: SOUND.replace('v1', 'v\u0000'),
    refusal: `deploy/kustomization-unreadable ${FILE}:3:12`,
    reason: /the character U\+0000, a control character/,
  },
  'a line separator, behind which kustomize reads what looks like a comment': {
    content: SOUND.replace('v1', 'v1 # was\u2028  newTag: v0'),
    refusal: `deploy/kustomization-unreadable ${FILE}:3:19`,
    reason: /the character U\+2028, which ends a line for kustomize/,
  },
  'a file of 10 MB': {
    content: LARGE,
    refusal: `deploy/kustomization-too-large ${FILE}`,
    reason: /is 10\.0 MiB large; a Kustomization has at most 1 MiB/,
  },
  'a tag that no registry takes': {
    content: SOUND,
    specs: ['api=:v2*'],
    refusal: 'image/invalid-reference',
    reason: /api: tag "v2\*" may only hold letters/,
  },
  'a digest that is none': {
    content: SOUND,
    specs: ['api=:v2@sha256:123'],
    refusal: 'image/invalid-reference',
    reason: /api: digest "sha256:123" must be "sha256:" and 64/,
  },
  'a name that no image has': {
    content: SOUND,
    specs: ['api=ghcr.io/Acme/api'],
    refusal: 'image/invalid-reference',
    reason: /api: new name "ghcr.io\/Acme\/api" must be lower-case/,
  },
};

describe('what can not be edited is refused with file, line and reason, and left as it is', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'bad-input-'));
    mkdirSync(join(cwd, 'k8s'));
  });
  afterEach(() => rmSync(cwd, { recursive: true }));

  const refusalOf = async (specs: string[], missing: 'refuse' | 'add') => {
    const error: unknown = await setImages({ path: FILE, cwd, specs, missing, mode: 'write' }).catch(
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ReleaseError)) throw new Error('expected a ReleaseError');
    return error.problems;
  };

  test.each(Object.entries(CASES))(
    '%s',
    async (_, { content, specs = ['api=:v2'], missing, refusal, reason }) => {
      const bytes = typeof content === 'string' ? bytesOf(content) : content;
      writeFileSync(join(cwd, FILE), bytes);
      const [problem, ...others] = await refusalOf(specs, missing ?? 'refuse');
      expect(others).toEqual([]);
      expect([problem.code, problem.place && formatPlace(problem.place)].filter(Boolean).join(' ')).toBe(
        refusal,
      );
      expect(problem.message).toMatch(reason);
      expect(problem.fix).toMatch(/^[A-Z].*\.$/s);
      expect(readFileSync(join(cwd, FILE)).equals(bytes)).toBe(true);
      expect(readdirSync(join(cwd, 'k8s'))).toEqual(['kustomization.yaml']);
    },
  );

  test('several kustomization file names in one folder', async () => {
    for (const name of ['kustomization.yaml', 'kustomization.yml', 'Kustomization'])
      writeFileSync(join(cwd, 'k8s', name), SOUND);
    await expect(
      setImages({ path: 'k8s', cwd, specs: ['api=:v2'], missing: 'refuse', mode: 'write' }),
    ).rejects.toMatchObject({
      code: 'deploy/kustomization-ambiguous',
      message:
        'The folder k8s holds kustomization.yaml and kustomization.yml and Kustomization; kustomize refuses it.',
    });
    for (const name of readdirSync(join(cwd, 'k8s')))
      expect(readFileSync(join(cwd, 'k8s', name), 'utf8')).toBe(SOUND);
  });

  test('the problems of several images are told together, each with its line', async () => {
    const text = `images:\n- name: api\n  newTag: &t v1\n- name: web\n  newTag: *t\n- name: job\n  x: y\n`;
    writeFileSync(join(cwd, FILE), text);
    const problems = await refusalOf(['api=:v2', 'web=:v2', 'job=:v2', 'none=:v2'], 'refuse');
    expect(problems.map(({ place }) => formatPlace(place!))).toEqual([
      `${FILE}:3:14`,
      `${FILE}:5:11`,
      `${FILE}:7:3`,
      `${FILE}:1:1`,
    ]);
    expect(readFileSync(join(cwd, FILE), 'utf8')).toBe(text);
  });

  test('ten thousand lines with digests are no bad input', async () => {
    const entry = (index: number) =>
      `- name: ghcr.io/acme/service-${index}\n  newName: registry.example.org/acme/service-${index}\n  newTag: v1\n  digest: ${DIGEST}\n`;
    const text = `images:\n${Array.from({ length: 2500 }, (_, index) => entry(index)).join('')}`;
    writeFileSync(join(cwd, FILE), text);
    const other = `sha256:${'2'.repeat(64)}`;
    const specs = [`ghcr.io/acme/service-1200=:v2@${other}`];
    await setImages({ path: FILE, cwd, specs, missing: 'refuse', mode: 'write' });
    const changed = entry(1200).replace('v1', 'v2').replace(DIGEST, other);
    expect(readFileSync(join(cwd, FILE), 'utf8')).toBe(text.replace(entry(1200), changed));
  });
});
