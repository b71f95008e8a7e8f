import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { releaseEdit, editKustomization, readKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { locateKustomizations } from '../../../src/deploy/kustomization/location.js';
import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { matchEntries } from '../../../src/deploy/kustomization/match.js';
import { setImages } from '../../../src/deploy/set.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';

const FILE = 'k8s/kustomization.yml';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;

/** Problems of `image-release set k8s api=:v2` on a file with this text. */
const set = (text: string | Buffer, specs = ['api=:v2'], missing: 'refuse' | 'add' = 'refuse'): Promise<Told> =>
  told(() => editKustomization({ path: FILE, bytes: Buffer.from(text), edits: specs.map(parseImageSpec), missing }));

const located = (configured: string, paths: readonly string[]): Told => {
  const found = locateKustomizations(configured, paths);
  return found.status === 'problem' ? [found.problem] : [];
};

/** Problems of finding the entry of this image. */
const matched = (image: string, text: string): Told => {
  const match = matchEntries(readKustomization({ path: FILE, bytes: Buffer.from(text) }), image);
  return match.status === 'found' ? [] : [match.problem];
};

/** A wrong text, and how a user corrects it. */
const mended = (
  code: FollowedFix['code'],
  text: string | Buffer,
  says: RegExp,
  mend: (text: string) => string,
  variant?: string,
): FollowedFix => ({
  code,
  ...(variant !== undefined && { variant }),
  provoke: () => set(text),
  follow({ fix }) {
    expect(fix).toMatch(says);
    return set(mend(text.toString()));
  },
});

let folder: string;
const onDisk = (path: string): Promise<Told> =>
  told(() => setImages({ path, cwd: folder, specs: ['api=:v2'], missing: 'refuse', mode: 'write' }));
const withFolder = async (files: Record<string, string>) => {
  folder = await mkdtemp(join(tmpdir(), 'followed-'));
  await mkdir(join(folder, 'k8s'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'k8s', name), text);
};
const leave = async (problems: Told): Promise<Told> => {
  await rm(folder, { recursive: true });
  return problems;
};

const TEXT = 'images:\n  - name: api\n    newTag: v1\n';

export const kustomizationFixes: FollowedFix[] = [
  {
    code: 'deploy/kustomization-missing',
    provoke: () => located('k8s/kustomization.yaml', [FILE]),
    follow({ fix }) {
      const [, there = ''] = / of those that exist: (\S+)\.$/.exec(fix) ?? [];
      return located(there, [FILE]);
    },
  },
  {
    code: 'deploy/kustomize-rejects',
    variant: 'a folder with two Kustomizations',
    provoke: () => located('k8s', [FILE, 'k8s/kustomization.yaml']),
    follow({ fix }) {
      expect(fix).toBe('Keep one of the files.');
      return located('k8s', [FILE]);
    },
  },
  {
    code: 'deploy/write-failed',
    async provoke() {
      // The new text is first written to a temporary file with a longer name.
      await withFolder({ [`${'k'.repeat(250)}.yml`]: TEXT });
      return onDisk(`k8s/${'k'.repeat(250)}.yml`);
    },
    async follow({ message, fix }) {
      expect([message, fix]).toEqual([
        expect.stringContaining('ENAMETOOLONG'),
        expect.stringContaining('a name that is too long'),
      ]);
      await rename(join(folder, `k8s/${'k'.repeat(250)}.yml`), join(folder, FILE));
      return leave(await onDisk(FILE));
    },
    steady: (text) =>
      text.replace(/k{250}/g, 'kkkkk…').replace(/'\/[^']*kkkkk[^']*'/g, "'/srv/shop/k8s/.kkkkk….yml.1a2b3c4d5e6f'"),
  },
  mended(
    'deploy/kustomization-unreadable',
    `<<<<<<< HEAD\n${TEXT}=======\nimages: []\n>>>>>>> topic\n`,
    /^Resolve the conflict/,
    () => TEXT,
  ),
  mended(
    'deploy/kustomization-missing',
    `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: { path: ./k8s }\n`,
    /^Name the kustomization\.yaml in the folder that its spec\.path points to/,
    () => TEXT,
    "Flux's own resource",
  ),
  mended(
    'deploy/kustomization-unsafe',
    'x: &all\n  - name: api\n    newTag: v1\nimages: *all\n',
    /^Write images as a list of entries with name and newTag/,
    () => TEXT,
  ),
  mended(
    'deploy/kustomization-missing',
    `${TEXT}configMapGenerator:\n  - name: data\n    literals: [a=${'x'.repeat(1024 * 1024)}]\n`,
    /move generated data into files that it refers to/,
    (text) => text.replace(/literals: .*/, 'files: [data.txt]'),
    'a large file',
  ),
  {
    code: 'deploy/entry-missing',
    provoke: () => set(TEXT, ['web=:v2']),
    follow({ fix }) {
      expect(fix).toContain(`\`image-release set --add ${FILE} web=:TAG\``);
      return set(TEXT, ['web=:v2'], 'add');
    },
  },
  {
    code: 'deploy/entry-missing',
    variant: 'an entry that was meant for it',
    provoke: () => matched('ghcr.io/acme/api', 'images:\n  - name: registry.example.org/api\n    newTag: v1\n'),
    async follow({ fix }) {
      const [, path, spec = ''] = /`image-release set (\S+) (\S+?)`\.$/.exec(fix) ?? [];
      expect(path).toBe(FILE);
      const bytes = Buffer.from('images:\n  - name: registry.example.org/api\n    newTag: v1\n');
      const edited = editKustomization({ path: FILE, bytes, edits: [parseImageSpec(spec)] });
      return matched('ghcr.io/acme/api', Buffer.from(edited.status === 'changed' ? edited.bytes : bytes).toString());
    },
  },
  mended(
    'deploy/kustomization-unsafe',
    `${TEXT}  - name: api\n    newTag: v0\n`,
    /^Keep one of them/,
    () => TEXT,
    'two entries of one name',
  ),
  {
    code: 'deploy/entry-pinned',
    provoke: () => set(`${TEXT}    digest: ${OTHER}\n`),
    follow({ fix }) {
      const [, spec = ''] = /^Give tag and digest: `(\S+)`\.$/.exec(fix) ?? [];
      return set(`${TEXT}    digest: ${OTHER}\n`, [spec.replace('DIGEST', DIGEST)]);
    },
  },
  {
    code: 'deploy/entry-pinned',
    variant: 'a digest that was not given',
    provoke: () => told(() => releaseEdit({ name: 'api', newTag: 'v1' }, { tag: 'v2' }, 'both')),
    follow({ fix }) {
      expect(fix).toContain('REF:TAG@DIGEST');
      return told(() => releaseEdit({ name: 'api', newTag: 'v1' }, { tag: 'v2', digest: DIGEST }, 'both'));
    },
  },
];
