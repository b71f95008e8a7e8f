import { chmod, link, mkdir, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Key } from './dockerfiles.js';
import { write, type Mutation } from './mutation.js';
import { FILES, writeArchive } from './repository.js';

/** Changes to files, folders and links. */
export function changedFiles(): Mutation[] {
  return [
    ...contents(),
    ...removals(),
    ...touches(),
    ...modes(),
    ...additions(),
    ...links(),
    ...folders(),
    ...conversions(),
  ];
}

/** If a source is a link, the whole context counts for the fingerprint. Layers contain only the link's target. */
const UNSEEN = ['linked/releases/2/app.js'];
/** The configuration excludes these from the fingerprint, but the builder copies them. */
const LEFT_OUT: Record<string, readonly Key[]> = {
  'chosen/src/docs/b.md': ['chosen'],
  'chosen/other.txt': ['chosen'],
};

const layersOf = (path: string): Pick<Mutation, 'layers'> => {
  if (UNSEEN.includes(path)) return { layers: [] };
  return path in LEFT_OUT ? { layers: LEFT_OUT[path]! } : {};
};

function contents(): Mutation[] {
  const files = Object.entries(FILES).map(([path, { into, text }]) => ({
    name: `${path} has other bytes`,
    flips: into,
    ...layersOf(path),
    files: write(path, `${text} `),
  }));
  const archive = 'adds/bundle.tar';
  return [
    ...files,
    { name: `${archive} holds other bytes`, flips: ['adds'], files: (root) => writeArchive(join(root, archive), 'others\n') },
  ]; // oxfmt-ignore
}

/** Sources that a COPY names individually: the build would fail without them. */
const NAMED_BY_COPY = [
  'package.json', 'child/app.txt', 'tools/a/tool.sh', 'named/main.txt', 'inline/in.txt', 'glob/abc',
  'api/config files/app.json', 'archive/data.csv', 'base/etc/motd', 'shared/assets/img/logo.svg', 'child/trigger.txt',
  'bound/in/a.txt', 'bound/made.txt', 'shared/lib/pkg/x.txt', 'linked/releases/1/app.js', 'adds/plain.txt',
]; // oxfmt-ignore

function removals(): Mutation[] {
  return Object.entries(FILES)
    .filter(([path], index) => index % 4 === 0 && !NAMED_BY_COPY.includes(path))
    .map(([path, { into }]) => ({
      name: `${path} is deleted`,
      // The folder remains, even if it is empty.
      flips: into,
      ...layersOf(path),
      files: (root) => unlink(join(root, path)),
    }));
}

function touches(): Mutation[] {
  const paths = Object.keys(FILES).filter((_, index) => index % 4 === 1);
  return paths.map((path) => ({
    name: `${path} has other times`,
    flips: [],
    files: (root) => utimes(join(root, path), 1_000_000_000, 1_500_000_000),
  }));
}

function modes(): Mutation[] {
  return Object.entries(FILES)
    .filter(([path], index) => index % 4 === 1 || UNSEEN.includes(path))
    .map(([path, { into }]) => ({
      name: `only the owner may read ${path}`,
      // The Dockerfile sets the mode of the copy.
      ...(path === 'adds/plain.txt' && { byTime: ['adds'] as const }),
      flips: into,
      ...layersOf(path),
      files: (root) => chmod(join(root, path), 0o600),
    }));
}

const NEW_FILES: Record<string, Key[]> = {
  'new.txt': ['all'],
  'libs/common/new.js': ['all', 'worker'],
  'libs/new/index.js': ['all'],
  'services/worker/new.test.js': ['all'],
  'docs/private/new.md': [],
  'deep/new.tmp': [],
  'k8s/new.yml': [],
  'docker/new.Dockerfile': [],
  'api/new.js': [],
  'api/src/new.js': ['api'],
  'api/src/new.test.js': [],
  'api/package-extra.json': ['api'],
  'api/node_modules/x/index.js': [],
  'web/new.js': ['web'],
  'web/new.log': [],
  'web/node_modules/right/index.js': [],
  'web/app/node_modules/x.js': ['web'],
  'web/.next/new': [],
  'base/etc/new': ['base', 'child'],
  'base/new': [],
  'child/new': [],
  'tools/new': ['mounts'],
  'named/new': [],
  'shared/assets/img/new.svg': ['named'],
  'shared/new': [],
  'onbuild/new': ['onbuild'],
  'glob/src/new.js': ['glob'],
  'glob/src/deep/new.js': [],
  'glob/axc': ['glob'],
  'glob/data/y/new': ['glob'],
  'inline/new': [],
  'bound/in/new': ['bound'],
  'bound/new': [],
  'shared/lib/pkg/new': ['bound'],
  'shared/lib/new': [],
  'adds/new': [],
  'adds/bin/new': ['adds'],
  'chosen/src/new': ['chosen'],
  'generated/new.js': ['all'],
};

function additions(): Mutation[] {
  return Object.entries(NEW_FILES).map(([path, flips]) => ({
    name: `${path} is new and untracked`,
    flips,
    files: write(path, 'new\n'),
  }));
}

function links(): Mutation[] {
  const relink = (path: string, target: string) => async (root: string) => {
    await unlink(join(root, path));
    await symlink(target, join(root, path));
  };
  return [
    { name: 'a link points elsewhere', flips: ['web'], files: relink('web/app/link.js', '../next.config.js') },
    { name: 'a dangling link points elsewhere', flips: ['web'], files: relink('web/dangling', '../no') },
    { name: 'a link of two images points elsewhere', flips: ['all', 'worker'], files: relink('services/worker/latest.js', 'run.sh') },
    { name: 'a file becomes a link to a copy of it', flips: ['web'], files: async (root) => {
      await rename(join(root, 'web/next.config.js'), join(root, 'web/node_modules/next.config.js'));
      await symlink('node_modules/next.config.js', join(root, 'web/next.config.js'));
    } },
    { name: 'a link becomes a file with the bytes of its target', flips: ['web'], files: async (root) => {
      await unlink(join(root, 'web/app/link.js'));
      await writeFile(join(root, 'web/app/link.js'), FILES['web/app/layout.js']!.text);
    } },
    { name: 'a link that a source names points elsewhere', flips: ['linked'], files: relink('linked/current', 'releases/2') },
    { name: 'a new link', flips: ['web'], files: (root) => symlink('x', join(root, 'web/new-link')) },
    { name: 'a new link in an ignored folder', flips: [], files: (root) => symlink('x', join(root, 'web/node_modules/new-link')) },
    { name: 'a new hard link', flips: ['web'], files: (root) => link(join(root, 'web/package.json'), join(root, 'web/package-twin.json')) },
    { name: 'both names of a file have other bytes', flips: ['web'], files: (root) => writeFile(join(root, 'web/app/twin.js'), 'x') },
  ]; // oxfmt-ignore
}

function folders(): Mutation[] {
  return [
    { name: 'a new empty folder', flips: ['web'], files: makeFolder('web/public/new') },
    { name: 'a new empty folder that nothing copies', flips: [], files: makeFolder('api/new') },
    { name: 'a new empty folder that is ignored', flips: [], files: makeFolder('web/.next/empty') },
    { name: 'a new empty folder in a folder that is copied', flips: ['api'], files: makeFolder('api/src/new') },
    { name: 'an empty folder is gone', flips: ['web'], files: removeFolder('web/public/uploads') },
    { name: 'an empty folder that nothing copies is gone', flips: [], files: removeFolder('child/empty') },
    { name: 'an empty folder of a copied one is gone', flips: ['glob'], files: removeFolder('glob/data/empty') },
    { name: 'a folder has another mode', flips: ['web'], files: (root) => chmod(join(root, 'web/app'), 0o700) },
    { name: 'a folder that nothing copies has another mode', flips: [], files: (root) => chmod(join(root, 'api/test'), 0o700) },
    { name: 'a folder has another name', flips: ['web'], files: (root) => rename(join(root, 'web/app'), join(root, 'web/pages')) },
    { name: 'a file becomes a folder', flips: ['web'], files: async (root) => {
      await unlink(join(root, 'web/.hidden'));
      await mkdir(join(root, 'web/.hidden'));
    } },
  ]; // oxfmt-ignore
}

/** Files that git converts on checkout: the content in the work tree counts. */
function conversions(): Mutation[] {
  return [
    { name: 'line endings of another system', flips: ['web'], files: write('web/app/layout.js', 'web\r\n') },
    { name: 'line endings as in the git object, not as checked out', flips: ['all'], files: write('scripts/run.bat', 'echo\n') },
    { name: 'a large file in place of its LFS pointer', flips: ['web'], files: write('web/public/photo.jpg', 'x'.repeat(12345)) },
    { name: 'an LFS pointer to another large file', flips: ['web'], files: write('web/public/photo.jpg', FILES['web/public/photo.jpg']!.text.replace('4d7a', '4d7b')) },
  ]; // oxfmt-ignore
}

const makeFolder = (path: string) => async (root: string) => {
  await mkdir(join(root, path), { recursive: true });
};
const removeFolder = (path: string) => (root: string) => rm(join(root, path), { recursive: true });
