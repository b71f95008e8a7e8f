import { lstat, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { changedFiles } from './changed-files.js';
import { IGNORES, INLINE, dockerfiles, type Descriptions, type Key, type Refs } from './dockerfiles.js';
import { write, type Mutation } from './mutation.js';
import { SUBMODULE, git } from './repository.js';

/** @param refs `http`: the URL of a file in the registry that needs no login */
export function mutations(refs: Refs & { http: string }): Mutation[] {
  return [...changedFiles(), ...editedDockerfiles(refs), ...editedIgnores(), ...settings(), ...history()];
}

function editedDockerfiles(refs: Refs & { http: string }): Mutation[] {
  const texts = dockerfiles(refs);
  const edit = (
    path: string,
    name: string,
    flips: Key[],
    change: (text: string) => string,
    others?: Partial<Mutation>,
  ): Mutation => {
    const before = texts[path] ?? '';
    const after = change(before);
    if (after === before) throw new Error(`${name} changes nothing in ${path}.`);
    return { name: `${path}: ${name}`, flips, files: write(path, after), ...others };
  };
  const api = 'api/Dockerfile';
  return [
    edit(api, 'another comment', [], (text) => text.replace('# the API', '# our API')),
    edit(api, 'one more comment', [], (text) => text.replace('ARG VERSION=1', '# what it is\nARG VERSION=1')),
    edit(api, 'one more blank line', [], (text) => `${text}\n\n`),
    edit(api, 'a change in an unused stage', [], (text) => text.replace('COPY test /test', 'COPY test /tests')),
    edit(api, 'one more unused stage', [], (text) => text.replace('FROM ${BASE} AS runtime', 'FROM scratch AS more\nCOPY test /\n\nFROM ${BASE} AS runtime')),
    edit(api, 'another folder', ['api'], (text) => text.replace('src/ ./src/', 'src/ ./source/')),
    edit(api, 'another owner', ['api'], (text) => text.replace('1:1', '2:2')),
    edit(api, 'another command', ['api'], (text) => text.replace('> /version', '> /number')),
    edit(api, 'a needed stage copies more', ['api'], (text) => text.replace('package*.json ./', 'package*.json scripts ./')),
    edit('web/Dockerfile', 'another heredoc', ['web'], (text) => text.replace('hello', 'good day')),
    edit('web/Dockerfile', 'another word after # in a heredoc', ['web'], (text) => text.replace('not a comment', 'no comment')),
    edit('web/Dockerfile', 'a comment', [], (text) => text.replace('COPY . /web', '# all of it\nCOPY . /web')),
    edit('docker/worker.Dockerfile', 'another comment in a continued line', [], (text) => text.replace('# continued', '# goes on')),
    edit('docker/worker.Dockerfile', 'another folder', ['worker'], (text) => text.replace('/worker/\n', '/jobs/\n')),
    edit('docker/all.Dockerfile', 'another folder', ['all'], (text) => text.replace('/all', '/everything')),
    edit('base/Dockerfile', 'another folder', ['base', 'child'], (text) => text.replace('etc /etc', 'etc /etcetera')),
    edit('child/Dockerfile', 'another file', ['child'], (text) => text.replace('app.txt /app.txt', 'other.txt /app.txt')),
    edit('tools/Dockerfile', 'another command', ['mounts'], (text) => text.replace('> /tool', '> /tools')),
    edit('glob/Dockerfile', 'another pattern', ['glob'], (text) => text.replace('a?c', 'a*c')),
    edit('named/Dockerfile', 'another folder of the other context', ['named'], (text) => text.replace('assets img', 'assets font')),
    edit('base/Dockerfile', 'another trigger', ['base', 'child'], (text) => text.replace('/trigger.txt', '/triggered.txt'), { layers: ['child'] }),
    edit('bound/Dockerfile', 'another heredoc', ['bound'], (text) => text.replace('> /bound', '> /bounds')),
    edit('bound/Dockerfile', 'another folder is mounted', ['bound'], (text) => text.replace('source=pkg', 'source=.')),
    edit('bound/Dockerfile', 'another cache is mounted', ['bound'], (text) => text.replace('target=/cache', 'target=/caches')),
    edit('adds/Dockerfile', 'another mode', ['adds'], (text) => text.replace('640', '600')),
    edit('adds/Dockerfile', 'an archive that is not unpacked', ['adds'], (text) => text.replace('ADD bundle', 'COPY bundle')),
    edit('glob/Dockerfile', 'a COPY without --link', ['glob'], (text) => text.replace('--link ', ''), { byTime: ['glob'] }),
    edit('glob/Dockerfile', 'another escape character', ['glob'], (text) => `# escape=\`\n${text}`, { layers: [] }),
    edit('glob/Dockerfile', 'an ADD of a URL', ['glob'], (text) => `${text}ADD ${refs.http} /file\n`, { always: ['glob'] }),
  ]; // oxfmt-ignore
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
    more('chosen/.dockerignore', 'src/a.js', ['chosen']),
    more('shared/assets/.dockerignore', 'font', []),
    more('shared/assets/.dockerignore', '!img/draft.psd', ['named']),
    more('tools/.dockerignore', '!left.out', ['mounts']),
    more('onbuild/.dockerignore', 'any', ['onbuild']),
    { name: 'an empty ignore file next to the Dockerfile, which replaces the other one', flips: ['web'], files: write('web/Dockerfile.dockerignore', '') },
    { name: 'an ignore file in a context without one', flips: ['glob'], files: write('glob/.dockerignore', 'data/x\n') },
    { name: 'an ignore file below the root of the context', flips: ['all'], files: write('libs/.dockerignore', '*\n') },
  ]; // oxfmt-ignore
}

function settings(): Mutation[] {
  const set = (name: string, key: Key, over: Partial<Descriptions[Key]>, flips: Key[], layers?: Key[]): Mutation => ({
    name,
    flips,
    descriptions: (all) => ({ ...all, [key]: { ...all[key], ...over } }),
    ...(layers && { layers }),
  }); // oxfmt-ignore
  return [
    set('another argument', 'api', { args: { VERSION: '2' } }, ['api']),
    set('an argument that nothing declares', 'api', { args: { VERSION: '1', NOT_DECLARED: 'y' } }, []),
    set('one argument fewer that nothing declares', 'api', { args: { VERSION: '1' } }, []),
    set('a declared argument that no layer depends on', 'api', { args: { VERSION: '1', UNUSED_BY_RUN: 'x' } }, ['api']),
    set('another target', 'api', { target: 'deps' }, ['api']),
    set('the target in capital letters', 'api', { target: 'RUNTIME' }, []),
    set('the last stage without its name', 'api', { target: undefined }, []),
    set('another label', 'web', { labels: { team: 'shops' } }, ['web'], []),
    set('one more label', 'glob', { labels: { team: 'x' } }, ['glob'], []),
    set('one more annotation', 'glob', { annotations: { team: 'x' } }, ['glob'], []),
    set('a secret that may be mounted', 'glob', { secrets: [{ id: 'token', env: 'TOKEN' }] }, ['glob'], []),
    set('another named context', 'named', { contexts: { assets: 'shared/seasonal' } }, ['named']),
    set('a named context that nothing uses', 'glob', { contexts: { spare: 'shared/assets' } }, []),
    set('another Dockerfile in the configuration', 'inline', { dockerfileInline: INLINE.replace('/in.txt', '/i.txt') }, ['inline']),
    set('another comment in the configured Dockerfile', 'inline', { dockerfileInline: `# x\n${INLINE}` }, []),
    set('another image of the repository as the base', 'child', { contexts: { parent: 'image:glob' } }, ['child']),
    set('another platform', 'glob', { platforms: [`linux/${process.arch === 'x64' ? 'arm64' : 'amd64'}`] }, ['glob'], []),
    set('a setting that is passed to the builder', 'glob', { extra: { network: 'none' } }, ['glob'], []),
    set('a label of the base', 'base', { labels: { a: 'b' } }, ['base', 'child'], []),
  ]; // oxfmt-ignore
}

/** Data in `.git` doesn't count for fingerprints: only files do. */
function history(): Mutation[] {
  const call =
    (...args: string[]) =>
    async (root: string) => {
      await git(root, ...args);
    };
  return [
    { name: 'one more commit without file changes', flips: [], files: call('commit', '--quiet', '--allow-empty', '-m', 'x') },
    { name: 'a commit of another author at another time', flips: [], files: call('commit', '--quiet', '--amend', '--allow-empty', '--author=Another <another@example.com>', '-m', 'y') },
    { name: 'a new tag', flips: [], files: call('tag', 'v1.0.0') },
    { name: 'a new branch', flips: [], files: call('checkout', '--quiet', '-b', 'feature') },
    { name: 'a git configuration that converts line endings', flips: [], files: call('config', 'core.autocrlf', 'true') },
    { name: 'one more commit in the nested repository', flips: [], files: (root) => call('commit', '--quiet', '--allow-empty', '-m', 'x')(join(root, SUBMODULE)) },
    { name: 'a missing git index', flips: [], files: (root) => rm(join(root, '.git/index')) },
    { name: 'a changed file that git assumes unchanged', flips: ['web'], files: async (root) => {
      await call('update-index', '--assume-unchanged', 'web/next.config.js')(root);
      const { mtime } = await lstat(join(root, 'web/next.config.js'));
      await write('web/next.config.js', 'wex\n')(root);
      await utimes(join(root, 'web/next.config.js'), mtime, mtime);
    } },
  ]; // oxfmt-ignore
}
