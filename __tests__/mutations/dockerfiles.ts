import type { BuildDescription } from '../../src/dockerfile/description.js';
import { describeImage } from '../fingerprint/description.js';

/** Image keys of the mutated repository. Each image uses other features of Dockerfiles. */
// oxfmt-ignore
export const KEYS = [
  'api', 'web', 'worker', 'all', 'base', 'child', 'mounts', 'bound', 'named', 'onbuild', 'glob', 'linked', 'adds',
  'chosen', 'inline',
] as const;
export type Key = (typeof KEYS)[number];

/** The context of `all` also contains the sources of the other images, except for these folders. */
// oxfmt-ignore
const IGNORED_BY_ALL = [
  'api', 'web', 'base', 'child', 'tools', 'bound', 'named', 'onbuild', 'glob', 'linked', 'adds', 'chosen', 'inline',
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
  'docker/worker.Dockerfile.dockerignore': '*\n!libs\n!services/worker\n!package.json\n!archive\n**/*.test.js\n',
  'api/.dockerignore': '**/*.md\n!src/KEEP.md\nsrc/**/*.test.js\n.env*\n',
  'web/.dockerignore': '/node_modules\n.next/*\n!.next/keep\n*.log\n**/*.tmp\n**/.git\nDockerfile\n.dockerignore\n',
  'tools/.dockerignore': '*.out\nDockerfile\n.dockerignore\n',
  'shared/assets/.dockerignore': '**/*.psd\n',
  'onbuild/.dockerignore': '*.log\nDockerfile\n.dockerignore\n',
  'linked/.dockerignore': 'Dockerfile\n.dockerignore\n',
  'chosen/.dockerignore': 'Dockerfile\n.dockerignore\n',
};

/** References of images in the registry. */
export interface Refs {
  /** With a shell. */
  shell: string;
  /** With the trigger `COPY . /on-build`. */
  onbuild: string;
}

export const dockerfiles = (refs: Refs): Record<string, string> => ({
  'api/Dockerfile': `# the API
ARG BASE=${refs.shell}
FROM --platform=$BUILDPLATFORM \${BASE} AS deps
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
  'base/Dockerfile': 'FROM scratch\nCOPY etc /etc\nONBUILD COPY trigger.txt /trigger.txt\n',
  'child/Dockerfile': 'FROM parent\nCOPY app.txt /app.txt\n',
  'tools/Dockerfile': `FROM ${refs.shell}
RUN --mount=type=bind,target=/src cat /src/a/tool.sh > /tool
`,
  'bound/Dockerfile': `FROM ${refs.shell} AS made
COPY made.txt /made.txt

FROM ${refs.shell}
RUN --mount=type=bind,source=in,target=/in \\
    --mount=type=bind,from=made,source=/made.txt,target=/made.txt \\
    --mount=type=bind,from=lib,source=pkg,target=/lib-pkg \\
    --mount=type=cache,target=/cache --mount=type=tmpfs,target=/scratch <<EOF
grep -r . /in /made.txt /lib-pkg > /bound
EOF
`,
  'named/Dockerfile': 'FROM scratch\nCOPY main.txt /\nCOPY --from=assets img /img\n',
  'onbuild/Dockerfile': `FROM ${refs.onbuild}\n`,
  'glob/Dockerfile': 'FROM scratch\nCOPY src/*.js /js/\nCOPY a?c /\nCOPY --link data /data\n',
  'linked/Dockerfile': 'FROM scratch\nCOPY current /app\n',
  'adds/Dockerfile': `FROM scratch
ADD bundle.tar /bundle/
ADD --chmod=640 --chown=3:4 plain.txt /
COPY --chmod=755 bin /bin/
`,
  'chosen/Dockerfile': 'FROM scratch\nCOPY . /chosen\n',
});

export const INLINE = 'FROM scratch\nCOPY in.txt /in.txt\n';

export type Descriptions = Record<Key, BuildDescription>;

/** Builds of all images as this repository configures them. */
export function describeImages(): Descriptions {
  const image = (key: Key, over: Partial<BuildDescription> = {}): BuildDescription => {
    const context = over.context ?? key;
    const platforms = [`linux/${process.arch === 'x64' ? 'amd64' : process.arch}`];
    return describeImage(key, { context, dockerfile: `${context}/Dockerfile`, platforms, ...over });
  };
  return {
    api: image('api', { target: 'runtime', args: { VERSION: '1', NOT_DECLARED: 'x' } }),
    web: image('web', { labels: { team: 'shop' } }),
    worker: image('worker', { context: '.', dockerfile: 'docker/worker.Dockerfile' }),
    all: image('all', { context: '.', dockerfile: 'docker/all.Dockerfile' }),
    base: image('base'),
    child: image('child', { contexts: { parent: 'image:base' } }),
    mounts: image('mounts', { context: 'tools' }),
    bound: image('bound', { contexts: { lib: 'shared/lib' } }),
    named: image('named', { contexts: { assets: 'shared/assets' } }),
    onbuild: image('onbuild'),
    glob: image('glob'),
    linked: image('linked'),
    adds: image('adds'),
    chosen: image('chosen', { paths: ['src', '!src/docs'] }),
    inline: image('inline', { dockerfileInline: INLINE }),
  };
}
