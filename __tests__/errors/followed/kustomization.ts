import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { locateKustomizations } from '../../../src/deploy/kustomization/location.js';
import { parseImageSpec } from '../../../src/deploy/kustomization/image-spec.js';
import { setImages } from '../../../src/deploy/set.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';

const FILE = 'k8s/kustomization.yml';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;

/** `image-release set k8s api=:v2`, with this text in the file. */
const set = (text: string | Buffer, specs = ['api=:v2'], missing: 'refuse' | 'add' = 'refuse'): Promise<Told> =>
  told(() => editKustomization({ path: FILE, bytes: Buffer.from(text), edits: specs.map(parseImageSpec), missing }));

const located = (configured: string, paths: readonly string[]): Told => {
  const found = locateKustomizations(configured, paths);
  return found.status === 'problem' ? [found.problem] : [];
};

/** What a person makes of a text. */
const mended = (
  code: FollowedFix['code'],
  text: string | Buffer,
  says: RegExp,
  mend: (text: string) => string,
): FollowedFix => ({
  code,
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
    code: 'deploy/write-failed',
    async provoke() {
      // The new text is written beside the file first, under a longer name.
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
    'deploy/kustomization-unsafe',
    'x: &all\n  - name: api\n    newTag: v1\nimages: *all\n',
    /^Write images as a list of entries with name and newTag/,
    () => TEXT,
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
    code: 'deploy/entry-pinned',
    provoke: () => set(`${TEXT}    digest: ${OTHER}\n`),
    follow({ fix }) {
      const [, spec = ''] = /^Give tag and digest: `(\S+)`\.$/.exec(fix) ?? [];
      return set(`${TEXT}    digest: ${OTHER}\n`, [spec.replace('DIGEST', DIGEST)]);
    },
  },
];
