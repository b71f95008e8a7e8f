import { chmod, link, lstat, mkdir, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { FILES, IGNORES, INLINE, dockerfiles, type Descriptions, type Key } from './repository.js';

/** One change to the repository or to what the configuration says of its images. */
export interface Mutation {
  name: string;
  /** Images that are another image afterwards; all others are the same. */
  flips: readonly Key[];
  files?(root: string): Promise<void>;
  descriptions?(all: Descriptions): Descriptions;
  /** The fingerprint may be another although the layers are the same: a label, a mode that nothing shows. */
  layers?: 'same';
}

type Refs = Parameters<typeof dockerfiles>[0];

export function mutations(refs: Refs): Mutation[] {
  return [
    ...contents(),
    ...removals(),
    ...touches(),
    ...modes(),
    ...additions(),
    ...links(),
    ...folders(),
    ...editedDockerfiles(refs),
    ...editedIgnores(),
    ...settings(),
    ...history(),
  ];
}

const write = (path: string, text: string) => async (root: string) => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  // A new file, not new bytes in the old one: that may have a second name.
  await rm(join(root, path), { force: true });
  await writeFile(join(root, path), text);
  await chmod(join(root, path), FILES[path]?.mode ?? 0o644);
};

function contents(): Mutation[] {
  return Object.entries(FILES).map(([path, { into, text }]) => ({
    name: `${path} has other bytes`,
    flips: into,
    files: write(path, `${text} `),
  }));
}

/** Sources that a COPY names one by one can't be missing. */
const NAMED_BY_COPY = [
  'package.json', 'child/app.txt', 'tools/a/tool.sh', 'named/main.txt', 'inline/in.txt', 'glob/abc',
  'api/config files/app.json', 'archive/data.csv', 'base/etc/motd', 'shared/assets/img/logo.svg',
]; // prettier-ignore

function removals(): Mutation[] {
  return Object.entries(FILES)
    .filter(([path], index) => index % 3 === 0 && !NAMED_BY_COPY.includes(path))
    .map(([path, { into }]) => ({
      name: `${path} is gone`,
      // The folder stays, empty where it was the only file in it.
      flips: into,
      files: (root) => unlink(join(root, path)),
    }));
}

function touches(): Mutation[] {
  const paths = Object.keys(FILES).filter((_, index) => index % 4 === 1);
  return paths.map((path) => ({
    name: `${path} was touched`,
    flips: [],
    files: (root) => utimes(join(root, path), 1_000_000_000, 1_500_000_000),
  }));
}

function modes(): Mutation[] {
  return Object.entries(FILES)
    .filter((_, index) => index % 3 === 1)
    .map(([path, { into }]) => ({
      name: `${path} may be read by its owner only`,
      flips: into,
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
};

function additions(): Mutation[] {
  return Object.entries(NEW_FILES).map(([path, flips]) => ({
    name: `${path} is new, and git does not know it`,
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
    { name: 'a new link', flips: ['web'], files: (root) => symlink('x', join(root, 'web/new-link')) },
    { name: 'a new link among what is ignored', flips: [], files: (root) => symlink('x', join(root, 'web/node_modules/new-link')) },
    { name: 'a new hard link', flips: ['web'], files: (root) => link(join(root, 'web/package.json'), join(root, 'web/package-twin.json')) },
    { name: 'both names of a file have other bytes', flips: ['web'], files: (root) => writeFile(join(root, 'web/app/twin.js'), 'x') },
  ]; // prettier-ignore
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
    { name: 'line ends as on another system', flips: ['web'], files: write('web/app/layout.js', 'web\r\n') },
  ]; // prettier-ignore
}

const makeFolder = (path: string) => async (root: string) => {
  await mkdir(join(root, path), { recursive: true });
};
const removeFolder = (path: string) => (root: string) => rm(join(root, path), { recursive: true });

function editedDockerfiles(refs: Refs): Mutation[] {
  const texts = dockerfiles(refs);
  const edit = (path: string, name: string, flips: Key[], change: (text: string) => string): Mutation => {
    const before = texts[path] ?? '';
    const after = change(before);
    if (after === before) throw new Error(`${name} changes nothing in ${path}.`);
    return { name: `${path}: ${name}`, flips, files: write(path, after) };
  };
  const api = 'api/Dockerfile';
  return [
    edit(api, 'another comment', [], (text) => text.replace('# the API', '# our API')),
    edit(api, 'a comment more', [], (text) => text.replace('ARG VERSION=1', '# what it is\nARG VERSION=1')),
    edit(api, 'a blank line more', [], (text) => `${text}\n\n`),
    edit(api, 'another stage that nobody needs', [], (text) => text.replace('COPY test /test', 'COPY test /tests')),
    edit(api, 'a stage more', [], (text) => text.replace('FROM ${BASE} AS runtime', 'FROM scratch AS more\nCOPY test /\n\nFROM ${BASE} AS runtime')),
    edit(api, 'another folder', ['api'], (text) => text.replace('src/ ./src/', 'src/ ./source/')),
    edit(api, 'another owner', ['api'], (text) => text.replace('1:1', '2:2')),
    edit(api, 'another command', ['api'], (text) => text.replace('> /version', '> /number')),
    edit(api, 'a needed stage copies more', ['api'], (text) => text.replace('package*.json ./', 'package*.json scripts ./')),
    edit('web/Dockerfile', 'another document', ['web'], (text) => text.replace('hello', 'good day')),
    edit('web/Dockerfile', 'another word behind # in a document', ['web'], (text) => text.replace('not a comment', 'no comment')),
    edit('web/Dockerfile', 'a comment', [], (text) => text.replace('COPY . /web', '# all of it\nCOPY . /web')),
    edit('docker/worker.Dockerfile', 'another comment in a continued line', [], (text) => text.replace('# continued', '# goes on')),
    edit('docker/worker.Dockerfile', 'another folder', ['worker'], (text) => text.replace('/worker/\n', '/jobs/\n')),
    edit('docker/all.Dockerfile', 'another folder', ['all'], (text) => text.replace('/all', '/everything')),
    edit('base/Dockerfile', 'another folder', ['base', 'child'], (text) => text.replace('etc /etc', 'etc /etcetera')),
    edit('child/Dockerfile', 'another file', ['child'], (text) => text.replace('app.txt /app.txt', 'other.txt /app.txt')),
    edit('tools/Dockerfile', 'another command', ['mounts'], (text) => text.replace('> /tool', '> /tools')),
    edit('glob/Dockerfile', 'another pattern', ['glob'], (text) => text.replace('a?c', 'a*c')),
    edit('named/Dockerfile', 'another folder of the other context', ['named'], (text) => text.replace('assets img', 'assets font')),
  ]; // prettier-ignore
}

function editedIgnores(): Mutation[] {
  const more = (path: string, line: string, flips: Key[]): Mutation => ({
    name: `${path} also has ${line}`,
    flips,
    files: write(path, `${IGNORES[path] ?? ''}${line}\n`),
  });
  return [
    more('.dockerignore', '.dockerignore\nREADME.md', ['all']),
    more('api/.dockerignore', '# a comment', []),
    more('api/.dockerignore', 'test', []),
    more('api/.dockerignore', 'src/lib', ['api']),
    more('api/.dockerignore', '!src/README.md', ['api']),
    more('web/.dockerignore', 'nothing/here', []),
    more('web/.dockerignore', '!app/draft.tmp', ['web']),
    more('web/.dockerignore', 'public', ['web']),
    more('docker/worker.Dockerfile.dockerignore', 'libs/common/util', ['worker']),
    more('docker/worker.Dockerfile.dockerignore', '!docs', []),
    more('shared/assets/.dockerignore', 'font', []),
    more('shared/assets/.dockerignore', '!img/draft.psd', ['named']),
    more('tools/.dockerignore', '!left.out', ['mounts']),
    more('onbuild/.dockerignore', 'any', ['onbuild']),
    { name: 'an ignore file beside the Dockerfile takes the place of the other, even an empty one', flips: ['web'], files: write('web/Dockerfile.dockerignore', '') },
    { name: 'an ignore file where there was none', flips: ['glob'], files: write('glob/.dockerignore', 'data/x\n') },
    { name: 'an ignore file of a context that is not the image’s', flips: ['all'], files: write('libs/.dockerignore', '*\n') },
  ]; // prettier-ignore
}

function settings(): Mutation[] {
  const set = (name: string, key: Key, over: Partial<Descriptions[Key]>, flips: Key[], layers?: 'same'): Mutation => ({
    name,
    flips,
    descriptions: (all) => ({ ...all, [key]: { ...all[key], ...over } }),
    ...(layers && { layers }),
  }); // prettier-ignore
  return [
    set('another argument', 'api', { args: { VERSION: '2' } }, ['api']),
    set('an argument that nothing declares', 'api', { args: { VERSION: '1', NOT_DECLARED: 'y' } }, []),
    set('one argument less that nothing declares', 'api', { args: { VERSION: '1' } }, []),
    set('an argument that is declared and that no layer shows', 'api', { args: { VERSION: '1', UNUSED_BY_RUN: 'x' } }, ['api']),
    set('another target', 'api', { target: 'deps' }, ['api']),
    set('the target named in capitals', 'api', { target: 'RUNTIME' }, []),
    set('the last stage without its name', 'api', { target: undefined }, []),
    set('another label', 'web', { labels: { team: 'shops' } }, ['web'], 'same'),
    set('a label more', 'glob', { labels: { team: 'x' } }, ['glob'], 'same'),
    set('an annotation more', 'glob', { annotations: { team: 'x' } }, ['glob'], 'same'),
    set('a secret that may be mounted', 'glob', { secrets: [{ id: 'token', env: 'TOKEN' }] }, ['glob'], 'same'),
    set('another named context', 'named', { contexts: { assets: 'glob' } }, ['named']),
    set('a named context that nothing uses', 'glob', { contexts: { spare: 'shared/assets' } }, []),
    set('another Dockerfile in the configuration', 'inline', { dockerfileInline: INLINE.replace('/in.txt', '/i.txt') }, ['inline']),
    set('another comment in the configured Dockerfile', 'inline', { dockerfileInline: `# x\n${INLINE}` }, []),
    set('another base that is an image of the repository', 'child', { contexts: { parent: 'image:glob' } }, ['child']),
    set('a label of the base', 'base', { labels: { a: 'b' } }, ['base', 'child'], 'same'),
  ]; // prettier-ignore
}

const execute = promisify(execFile);

/** What git keeps is no input: only the files are. */
function history(): Mutation[] {
  const git =
    (...args: string[]) =>
    async (root: string) => {
      const identity = ['-c', 'user.name=Another', '-c', 'user.email=another@example.com'];
      await execute('git', ['-C', root, ...identity, ...args]);
    };
  return [
    { name: 'a commit more that changes no file', flips: [], files: git('commit', '--quiet', '--allow-empty', '-m', 'x') },
    { name: 'a commit of another author at another time', flips: [], files: git('commit', '--quiet', '--amend', '--allow-empty', '--reset-author', '-m', 'y') },
    { name: 'a tag', flips: [], files: git('tag', 'v1.0.0') },
    { name: 'a branch of another name', flips: [], files: git('checkout', '--quiet', '-b', 'feature') },
    { name: 'an index that is out of date', flips: [], files: (root) => rm(join(root, '.git/index')) },
    { name: 'a file that git is told to leave alone', flips: ['web'], files: async (root) => {
      await git('update-index', '--assume-unchanged', 'web/next.config.js')(root);
      const { mtime } = await lstat(join(root, 'web/next.config.js'));
      await write('web/next.config.js', 'wex\n')(root);
      await utimes(join(root, 'web/next.config.js'), mtime, mtime);
    } },
  ]; // prettier-ignore
}
