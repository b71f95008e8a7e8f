import { execFile } from 'node:child_process';
import { chmod, link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { IGNORES, dockerfiles, type Key, type Refs } from './dockerfiles.js';

/** A file, and the images that depend on it. */
interface FileSpec {
  text: string;
  into: readonly Key[];
  mode?: number;
}

const file = (into: string, text = `${into}\n`, mode?: number): FileSpec => ({
  text,
  into: into.split(' ').filter((key) => key !== '') as Key[],
  ...(mode !== undefined && { mode }),
});

/** The pointer that git checks out for a large file if Git LFS isn't installed. */
const LFS_POINTER = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
`;

/**
 * Every file and the images that depend on it, derived by hand from the Dockerfiles: the expectation for fingerprints.
 * `all` copies the whole root except for what `.dockerignore` names.
 */
export const FILES: Record<string, FileSpec> = {
  'README.md': file('all'),
  '.env.example': file('all'),
  '.gitattributes': file('all', '*.bat text eol=crlf\n*.jpg filter=lfs diff=lfs merge=lfs -text\n'),
  '.gitignore': file('all', 'generated\n'),
  'package.json': file('all worker', '{"name":"root"}\n'),
  'archive/data.csv': file('all worker'),
  'docs/guide.md': file('all'),
  'docs/private/plan.md': file(''),
  'docs/private/public.md': file('all'),
  'generated/out.js': file('all'),
  'scripts/run.bat': file('all', 'echo\r\n'),
  'notes.tmp': file(''),
  'deep/er/notes.tmp': file(''),
  'secret.key': file(''),
  'deep/secret.pem': file(''),
  'libs/common/index.js': file('all worker'),
  'libs/common/util/text.js': file('all worker'),
  'libs/other/index.js': file('all'),
  'services/worker/main.js': file('all worker'),
  'services/worker/main.test.js': file('all'),
  'services/worker/run.sh': file('all worker', '#!/bin/sh\n', 0o755),
  'k8s/kustomization.yml': file('', 'images: []\n'),

  'api/package.json': file('api', '{"name":"api"}\n'),
  'api/package-lock.json': file('api', '{"lockfileVersion":3}\n'),
  'api/src/server.js': file('api'),
  'api/src/lib/db.js': file('api'),
  'api/src/server.test.js': file(''),
  'api/src/README.md': file(''),
  'api/src/KEEP.md': file('api'),
  'api/config files/app.json': file('api', '{}\n'),
  'api/test/end-to-end.js': file(''),
  'api/scripts/dev.sh': file(''),
  'api/.env': file(''),

  'web/package.json': file('web', '{"name":"web"}\n'),
  'web/next.config.js': file('web'),
  'web/app/(auth)/page.js': file('web'),
  'web/app/[slug]/page.js': file('web'),
  'web/app/layout.js': file('web'),
  'web/public/ünïcode name.txt': file('web'),
  'web/public/run.sh': file('web', '#!/bin/sh\n', 0o755),
  'web/public/photo.jpg': file('web', LFS_POINTER),
  'web/vendor/dep/index.js': file('web'),
  'web/.hidden': file('web'),
  'web/error.log': file(''),
  'web/app/error.log': file('web'),
  'web/node_modules/left/index.js': file(''),
  'web/.next/cache/x.bin': file(''),
  'web/.next/keep/id': file('web'),
  'web/app/draft.tmp': file(''),

  'base/etc/motd': file('base child'),
  'base/unused.txt': file(''),
  'child/app.txt': file('child'),
  'child/trigger.txt': file('child'),
  'child/other.txt': file(''),

  'tools/a/tool.sh': file('mounts'),
  'tools/unread.txt': file('mounts'),
  'tools/left.out': file(''),

  'bound/in/a.txt': file('bound'),
  'bound/made.txt': file('bound'),
  'bound/other.txt': file(''),
  'shared/lib/pkg/x.txt': file('bound'),
  'shared/lib/other.txt': file(''),

  'named/main.txt': file('named'),
  'named/other.txt': file(''),
  'shared/assets/img/logo.svg': file('named'),
  'shared/assets/font/a.woff': file(''),
  'shared/assets/img/draft.psd': file(''),
  'shared/seasonal/img/logo.svg': file(''),

  'onbuild/app.txt': file('onbuild'),
  'onbuild/any/thing.txt': file('onbuild'),
  'onbuild/skip.log': file(''),

  'glob/src/one.js': file('glob'),
  'glob/src/two.js': file('glob'),
  'glob/src/style.css': file(''),
  'glob/src/deep/three.js': file(''),
  'glob/abc': file('glob'),
  'glob/abbc': file(''),
  'glob/data/x': file('glob'),
  'glob/data/y/z': file('glob'),

  // The source of the COPY is a link, so the whole context counts.
  'linked/releases/1/app.js': file('linked'),
  'linked/releases/2/app.js': file('linked', 'newer\n'),

  'adds/plain.txt': file('adds'),
  'adds/bin/tool.sh': file('adds', '#!/bin/sh\n', 0o755),
  'adds/unused.txt': file(''),

  'chosen/src/a.js': file('chosen'),
  'chosen/src/docs/b.md': file(''),
  'chosen/other.txt': file(''),

  'inline/in.txt': file('inline'),
  'inline/out.txt': file(''),
};

const LINKS: Record<string, string> = {
  'web/app/link.js': 'layout.js',
  'web/dangling': '../nowhere',
  'services/worker/latest.js': 'main.js',
  'linked/current': 'releases/1',
};
const HARD_LINKS: Record<string, string> = { 'web/app/twin.js': 'web/app/layout.js' };
const EMPTY_FOLDERS = ['web/public/uploads', 'api/logs', 'glob/data/empty', 'child/empty'];
/** A nested repository. */
export const SUBMODULE = 'web/vendor/dep';

/** Writes the repository, with one commit. */
export async function writeRepository(root: string, refs: Refs): Promise<void> {
  for (const [path, text] of Object.entries({ ...dockerfiles(refs), ...IGNORES }))
    await write(join(root, path), text, 0o644);
  for (const [path, { text, mode }] of Object.entries(FILES)) await write(join(root, path), text, mode ?? 0o644);
  await writeArchive(join(root, 'adds/bundle.tar'), 'bundled\n');
  for (const [path, target] of Object.entries(LINKS)) await symlink(target, join(root, path));
  for (const [path, target] of Object.entries(HARD_LINKS)) await link(join(root, target), join(root, path));
  for (const path of EMPTY_FOLDERS) await mkdir(join(root, path), { recursive: true });
  await commitAll(join(root, SUBMODULE));
  await commitAll(root);
}

async function write(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, mode);
}

const execute = promisify(execFile);

/** Writes a tar archive with one file. */
export async function writeArchive(path: string, text: string): Promise<void> {
  const folder = `${path}.d`;
  await write(join(folder, 'bundled.txt'), text, 0o644);
  const still = ['--mtime=@1', '--owner=0', '--group=0', '--format=ustar'];
  await execute('tar', ['-C', folder, ...still, '-cf', path, 'bundled.txt']);
  await execute('rm', ['-r', folder]);
}

export function git(folder: string, ...args: string[]) {
  const settings = ['user.name=Test', 'user.email=test@example.com', 'advice.addEmbeddedRepo=false'];
  return execute('git', ['-C', folder, ...settings.flatMap((setting) => ['-c', setting]), ...args]);
}

async function commitAll(folder: string): Promise<void> {
  await git(folder, 'init', '--quiet', '--template=', '--initial-branch=main');
  await chmod(join(folder, '.git'), 0o755);
  await git(folder, 'add', '--all');
  await git(folder, 'commit', '--quiet', '--message=first');
  // Packs objects into few files, because all files are copied for each change.
  await git(folder, 'gc', '--quiet');
}
