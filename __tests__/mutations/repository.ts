import { chmod, link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuildDescription } from '../../src/inputs/description.js';

/** Keys of the images of the repository that is mutated; each shows other features of Dockerfiles. */
// prettier-ignore
export const KEYS = [
  'api', 'web', 'worker', 'all', 'base', 'child', 'mounts', 'named', 'onbuild', 'glob', 'inline',
] as const;
export type Key = (typeof KEYS)[number];

/** A file, and the images that it goes into. */
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

/**
 * Every file and where it goes, as a person reads the Dockerfiles below: this is what the fingerprints are
 * held against. `all` copies the whole root but for what `.dockerignore` names.
 */
export const FILES: Record<string, FileSpec> = {
  'README.md': file('all'),
  '.env.example': file('all'),
  'package.json': file('all worker', '{"name":"root"}\n'),
  'archive/data.csv': file('all worker'),
  'docs/guide.md': file('all'),
  'docs/private/plan.md': file(''),
  'docs/private/public.md': file('all'),
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
  'child/other.txt': file(''),

  'tools/a/tool.sh': file('mounts'),
  'tools/unread.txt': file('mounts'),
  'tools/left.out': file(''),

  'named/main.txt': file('named'),
  'named/other.txt': file(''),
  'shared/assets/img/logo.svg': file('named'),
  'shared/assets/font/a.woff': file(''),
  'shared/assets/img/draft.psd': file(''),

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

  'inline/in.txt': file('inline'),
  'inline/out.txt': file(''),
};

/** `all` has the sources of the other images in its context too, but for the folders that it ignores. */
const IGNORED_BY_ALL = [
  'api',
  'web',
  'base',
  'child',
  'tools',
  'named',
  'onbuild',
  'glob',
  'inline',
  'shared',
];

export const IGNORES: Record<string, string> = {
  '.dockerignore': [
    '# what the image of everything leaves out',
    '.git',
    ...IGNORED_BY_ALL,
    'docker',
    'k8s/',
    'docs/private/*',
    '!docs/private/public.md',
    '**/*.tmp',
    '**/secret*',
    'vendor',
    '',
  ].join('\n'),
  'docker/worker.Dockerfile.dockerignore':
    '*\n!libs\n!services/worker\n!package.json\n!archive\n**/*.test.js\n',
  'api/.dockerignore': '**/*.md\n!src/KEEP.md\nsrc/**/*.test.js\n.env*\n',
  'web/.dockerignore': '/node_modules\n.next/*\n!.next/keep\n*.log\n**/*.tmp\nDockerfile\n.dockerignore\n',
  'tools/.dockerignore': '*.out\nDockerfile\n.dockerignore\n',
  'shared/assets/.dockerignore': '**/*.psd\n',
  'onbuild/.dockerignore': '*.log\nDockerfile\n.dockerignore\n',
};

/** @param refs of images that the registry has: one with a shell, one with ONBUILD triggers */
export const dockerfiles = (refs: { shell: string; onbuild: string }): Record<string, string> => ({
  'api/Dockerfile': `# the API
ARG BASE=${refs.shell}
FROM \${BASE} AS deps
WORKDIR /app
COPY package*.json ./

FROM \${BASE} AS tests
COPY test /test
COPY src /src

FROM \${BASE} AS runtime
ARG VERSION=1
ARG UNUSED_BY_RUN
WORKDIR /app
COPY --from=deps /app .
COPY --chown=1:1 src/ ./src/
COPY ["config files/app.json", "/app/config/"]
RUN echo "$VERSION" > /version
`,
  'web/Dockerfile': `FROM scratch
COPY . /web
COPY <<EOF /etc/greeting
hello # not a comment
EOF
`,
  'docker/worker.Dockerfile': `FROM scratch
COPY libs/common libs/common
COPY services/worker/ package.json \\
  # continued
  /worker/
ADD archive /archive
`,
  'docker/all.Dockerfile': 'FROM scratch\nCOPY . /all\n',
  'base/Dockerfile': 'FROM scratch\nCOPY etc /etc\n',
  'child/Dockerfile': 'FROM parent\nCOPY app.txt /app.txt\n',
  'tools/Dockerfile': `FROM ${refs.shell}
RUN --mount=type=bind,target=/src cat /src/a/tool.sh > /tool
`,
  'named/Dockerfile': 'FROM scratch\nCOPY main.txt /\nCOPY --from=assets img /img\n',
  'onbuild/Dockerfile': `FROM ${refs.onbuild}\n`,
  'glob/Dockerfile': 'FROM scratch\nCOPY src/*.js /js/\nCOPY a?c /\nCOPY --link data /data\n',
});

export const INLINE = 'FROM scratch\nCOPY in.txt /in.txt\n';

const LINKS: Record<string, string> = {
  'web/app/link.js': 'layout.js',
  'web/dangling': '../nowhere',
  'services/worker/latest.js': 'main.js',
};
const HARD_LINKS: Record<string, string> = { 'web/app/twin.js': 'web/app/layout.js' };
const EMPTY_FOLDERS = ['web/public/uploads', 'api/logs', 'glob/data/empty', 'child/empty'];

/** Writes the repository; it is the same, byte by byte and mode by mode, wherever it stands. */
export async function writeRepository(root: string, refs: { shell: string; onbuild: string }): Promise<void> {
  const texts = { ...dockerfiles(refs), ...IGNORES };
  for (const [path, text] of Object.entries(texts)) await write(join(root, path), text, 0o644);
  for (const [path, { text, mode }] of Object.entries(FILES))
    await write(join(root, path), text, mode ?? 0o644);
  for (const [path, target] of Object.entries(LINKS)) await symlink(target, join(root, path));
  for (const [path, target] of Object.entries(HARD_LINKS)) await link(join(root, target), join(root, path));
  for (const path of EMPTY_FOLDERS) await mkdir(join(root, path), { recursive: true });
}

async function write(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, mode);
}

export type Descriptions = Record<Key, BuildDescription>;

/** What the configuration of this repository says of its images. */
export function describeImages(): Descriptions {
  const image = (key: Key, over: Partial<BuildDescription> = {}): BuildDescription => {
    const context = over.context ?? key;
    return {
      key,
      context,
      dockerfile: `${context}/Dockerfile`,
      args: {},
      platforms: [`linux/${process.arch === 'x64' ? 'amd64' : process.arch}`],
      contexts: {},
      secrets: [],
      labels: {},
      annotations: {},
      extra: {},
      ...over,
    };
  };
  return {
    api: image('api', { target: 'runtime', args: { VERSION: '1', NOT_DECLARED: 'x' } }),
    web: image('web', { labels: { team: 'shop' } }),
    worker: image('worker', { context: '.', dockerfile: 'docker/worker.Dockerfile' }),
    all: image('all', { context: '.', dockerfile: 'docker/all.Dockerfile' }),
    base: image('base'),
    child: image('child', { contexts: { parent: 'image:base' } }),
    mounts: image('mounts', { context: 'tools' }),
    named: image('named', { contexts: { assets: 'shared/assets' } }),
    onbuild: image('onbuild'),
    glob: image('glob'),
    inline: image('inline', { dockerfileInline: INLINE }),
  };
}
