import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostileSite } from './hostile.js';

type Spoil = (site: HostileSite) => readonly string[] | void;

const CONFIG = 'image-release.yml';
const config =
  (bytes: string | Uint8Array): Spoil =>
  ({ write }) =>
    void write(CONFIG, bytes);
const dockerfile =
  (bytes: string | Uint8Array): Spoil =>
  ({ write }) =>
    void write('api/Dockerfile', bytes);
const at =
  (path: string, bytes: string | Uint8Array, ...args: string[]): Spoil =>
  ({ write }) => {
    write(path, bytes);
    return args.length > 0 ? args : undefined;
  };
const instead =
  (path: string, make: (file: string) => void, ...args: string[]): Spoil =>
  ({ dir }) => {
    const file = join(dir, path);
    rmSync(file, { recursive: true, force: true });
    mkdirSync(dirname(file), { recursive: true });
    make(file);
    return args.length > 0 ? args : undefined;
  };
const link = (path: string, to: string) => instead(path, (file) => symlinkSync(to, file));
const pipe = (path: string, ...args: string[]) => instead(path, (file) => void execFileSync('mkfifo', [file]), ...args);
const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
const lines = (count: number, line: (at: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');
const IMAGES = 'images: { api: {} }\n';
/** Twelve lists; each contains nine aliases of the previous one. */
const LAUGHS = lines(
  12,
  (level) =>
    `a${level}: &a${level} [${Array(9)
      .fill(level === 0 ? 'x' : `*a${level - 1}`)
      .join(', ')}]`,
);
const KUSTOMIZATION = 'k8s/kustomization.yml';
const SET = ['set', 'k8s', 'x=:v1'];

/** Values of the wrong type for each key. */
const WRONG = ['7', '[[]]', '{ a: { b: c } }', '!!binary aGk=', '"\\0\\e[31m"', '2001-01-01', '~'];
const KEYS = ['images', 'registry', 'tags', 'cache', 'attest', 'deploy', 'builder', 'bake'];

/** Changes that break a valid site, by kind; each may return a command line in place of an offline plan. */
export const FILES: readonly Record<string, Spoil>[] = [
  {
    ...Object.fromEntries(
      KEYS.flatMap((key, index) =>
        WRONG.filter((_, kind) => (kind + index) % 3 !== 0).map((value) => [
          `${key}: ${value}`,
          config(`${key === 'images' ? '' : IMAGES}${key}: ${value}\n`),
        ]),
      ),
    ),
  },
  {
    'an empty configuration': config(''),
    'a configuration of comments': config('# x\n'.repeat(1000)),
  },
  {
    'a configuration of 32 MB': config(`${IMAGES}# ${'x'.repeat(32e6)}`),
    'a configuration that is a line of 1 MB': config(`images: { api: { target: ${'x'.repeat(1e6 - 100)} } }`),
    'a configuration in UTF-16': config(Buffer.from(`\ufeff${IMAGES}`, 'utf16le')),
    'a configuration with a null byte': config('images: { api: \0 }'),
    'a configuration of two documents': config(`${IMAGES}---\n${IMAGES}`),
  },
  {
    'a configuration of lists in lists': config(`images: ${nested('[', ']', 100_000)}`),
    'a configuration of maps in maps': config(`images: ${nested('{a: ', '}', 50_000)}`),
    'a configuration of deep blocks': config(lines(2000, (level) => `${' '.repeat(level)}a:`)),
    'a configuration of 100,000 unclosed lists': config('images: '.concat('['.repeat(100_000))),
  },
  {
    'a configuration with an alias bomb': config(`${LAUGHS}\n${IMAGES}`),
    'a configuration with an alias bomb in its images': config(`${LAUGHS}\nimages: *a11\n`),
    'a configuration with an alias of its parent': config('images: &a { api: *a }\n'),
    'a configuration with an undefined alias': config('images: *b\n'),
    'a configuration that merges itself': config('images: &a { <<: *a, api: {} }\n'),
    'a configuration with a custom YAML type': config('images: !!js/function "x"\n'),
    'a configuration of another YAML version': config('%YAML 9.9\n---\nimages: { api: {} }\n'),
    'built-in object properties as image keys': config('images: { __proto__: {}, constructor: {}, toString: {} }\n'),
  },
  {
    '20,000 images': config(`images:\n${lines(20_000, (n) => `  i${n}: { context: api }`)}\n`),
    '2,000 images that are built on one another': config(
      `registry: 127.0.0.1:1/acme\nimages:\n${lines(2000, (n) => `  i${n}: { context: api${n > 0 ? `, contexts: { b: "image:i${n - 1}" }` : ''} }`)}\n`,
    ),
    'images that are built on each other in a circle': config(
      'registry: 127.0.0.1:1/a\nimages:\n  a: { context: api, contexts: { x: "image:b" } }\n  b: { context: api, contexts: { x: "image:a" } }\n',
    ),
  },
  {
    'a slow pattern for paths': config(
      `registry: 127.0.0.1:1/a\nimages: { api: { paths: ["${'*a'.repeat(30)}b"] } }\n`,
    ),
    'a slow pattern for Kustomizations': (site) => {
      site.write(`${'a'.repeat(200)}/kustomization.yaml`, 'images: []');
      site.write(CONFIG, `registry: 127.0.0.1:1/acme\n${IMAGES}deploy: "${'*a'.repeat(30)}b"\n`);
      return ['release', '--dry-run', '--push', 'false'];
    },
    'a slow pattern for tags': config(
      `${IMAGES}registry: 127.0.0.1:1/a\ntags: ["type=match,pattern=(a+)+b,value=${'a'.repeat(60)}"]\n`,
    ),
  },
  {
    'a configuration that is a link out of the repository': link(CONFIG, '/etc/passwd'),
    'a configuration that is a device': link(CONFIG, '/dev/zero'),
    'a configuration that is a pipe': pipe(CONFIG),
    'a configuration that is a folder': instead(CONFIG, (file) => mkdirSync(file)),
  },
  {
    'an empty Dockerfile': dockerfile(''),
    'a Dockerfile of zeros': dockerfile(Buffer.alloc(100_000)),
    'a Dockerfile of invalid UTF-8': dockerfile(Buffer.from([0xff, 0xfe, 0xfd])),
  },
  {
    'a Dockerfile that is a line of 32 MB': dockerfile(`FROM scratch\nRUN ${'x'.repeat(32e6)}\n`),
    'a Dockerfile that is a line of 1 MB': dockerfile(`FROM scratch\nENV X=${'x'.repeat(1e6 - 100)}\n`),
    'a Dockerfile of 400,000 continued lines': dockerfile(`FROM scratch\nRUN ${'\\\n'.repeat(400_000)}x\n`),
  },
  {
    '20,000 stages': dockerfile(lines(20_000, (n) => `FROM ${n === 0 ? 'scratch' : `s${n - 1}`} AS s${n}`)),
    '10,000 stages that copy from each other': dockerfile(
      lines(10_000, (n) => `FROM scratch AS s${n}\n${n > 0 ? `COPY --from=s${n - 1} / /` : 'COPY x /'}`),
    ),
    '20,000 instructions': dockerfile(`FROM scratch\n${lines(20_000, () => 'COPY x /')}`),
  },
  {
    'an ARG that doubles': dockerfile(
      `ARG A0=xxxxxxxxxx\n${lines(60, (n) => `ARG A${n + 1}=$A${n}$A${n}`)}\nFROM $A60\n`,
    ),
    'an ENV that doubles': dockerfile(
      `FROM scratch\nENV A0=xxxxxxxxxx\n${lines(60, (n) => `ENV A${n + 1}=$A${n}$A${n}`)}\nCOPY $A60 /\n`,
    ),
    'an ARG within an ARG, deep': dockerfile(`ARG A=${nested('${B:-', '}', 20_000)}\nFROM $A\n`),
    'a slow replacement in an ARG': dockerfile(
      `ARG A=${'a'.repeat(5000)}\nARG B=\${A//${'*a'.repeat(30)}b/x}\nFROM $B\n`,
    ),
    'a slow pattern in a COPY': (site) => {
      site.write(`api/${'a'.repeat(250)}`, 'x');
      site.write('api/Dockerfile', `FROM scratch\nCOPY ${'*a'.repeat(40)}b /\n`);
    },
  },
  {
    'a COPY of 60,000 brackets': dockerfile(`FROM scratch\nCOPY ${'[a]'.repeat(20_000)} /\n`),
    'a here-document without an end': dockerfile('FROM scratch\nRUN <<EOF\n'.concat('x\n'.repeat(100_000))),
    '5,000 here-documents': dockerfile(`FROM scratch\nRUN ${lines(5000, (n) => `<<E${n}`).replaceAll('\n', ' ')}\n`),
    'a COPY from outside the context': dockerfile('FROM scratch\nCOPY ../../../../etc/passwd /\n'),
  },
  {
    'a Dockerfile that is a link to the process environment': link('api/Dockerfile', '/proc/self/environ'),
    'a Dockerfile that is a device': link('api/Dockerfile', '/dev/zero'),
    'a Dockerfile that is a pipe': pipe('api/Dockerfile'),
    'a Dockerfile that is a link to itself': link('api/Dockerfile', 'Dockerfile'),
  },
  {
    'an ignore file of slow patterns': at(
      'api/.dockerignore',
      lines(500, () => `${'**/*a'.repeat(20)}b`),
    ),
    'an ignore file of 32 MB': at('api/.dockerignore', '*x\n'.repeat(1e7)),
    'an ignore file of 100,000 lines': at(
      'api/.dockerignore',
      lines(100_000, (n) => `!x${n}*`),
    ),
    'an ignore file that is a pipe': pipe('api/.dockerignore'),
  },
  {
    'a context that is a link to the root folder': (site) => {
      rmSync(join(site.dir, 'api'), { recursive: true });
      symlinkSync('/', join(site.dir, 'api'));
      site.write(CONFIG, 'registry: 127.0.0.1:1/a\nimages: { api: { dockerfile: ../Dockerfile } }\n');
      site.write('Dockerfile', 'FROM scratch\nCOPY . /\n');
    },
    'a context of links in circles': instead('api/loop', (file) => symlinkSync('.', file)),
    'a context with a link to a device': instead('api/x', (file) => symlinkSync('/dev/zero', file)),
    'a context with a pipe': pipe('api/x'),
    'a context with an ignored file of a terabyte': (site) => {
      truncateSync(site.write('api/huge', ''), 1e12);
      site.write('api/.dockerignore', 'huge\n');
    },
    'a context 400 folders deep': (site) => void site.write(`api/${'d/'.repeat(400)}x`, ''),
  },
  {
    'names that look like commands': (site) => {
      site.write('api/::error::x\n##[error]y', '');
      site.write('api/\u001b]0;x\u0007', '');
      site.write('api/Dockerfile', 'FROM scratch\nCOPY . /\n');
      return ['plan', '--offline', '--explain', 'api'];
    },
  },
  {
    'a lockfile of 40 MB': at('api/package-lock.json', `{"a":"${'x'.repeat(4e7)}"}`),
    'a lockfile of lists in lists': at('api/package-lock.json', nested('[', ']', 200_000)),
    'an invalid package.json': at(
      'api/package.json',
      '{"dependencies":{"__proto__":{},"a":[1]},"engines":7,"workspaces":{"a":1}}',
    ),
    'a pnpm lockfile with an alias bomb': at('api/pnpm-lock.yaml', LAUGHS),
    'a yarn lockfile of one line': at('api/yarn.lock', `"${'a@'.repeat(500_000)}`),
  },
  {
    'a workflow with an alias bomb': at('.github/workflows/x.yml', `${LAUGHS}\non: push\njobs: *a11\n`),
    'a workflow of lists in lists': at('.github/workflows/x.yml', `jobs: ${nested('[', ']', 100_000)}`),
    'a workflow with an alias of its parent': at(
      '.github/workflows/x.yml',
      'on: push\njobs: &a { a: *a, b: { steps: [*a] } }\n',
    ),
  },
  {
    'a manifest with an alias bomb': at('k8s/pod.yaml', `${LAUGHS}\ncontainers: *a11\n`),
    'a manifest of lists in lists': at('k8s/pod.yaml', `containers: ${nested('[', ']', 50_000)}`),
  },
  {
    'a Kustomization with an alias bomb': at(KUSTOMIZATION, `${LAUGHS}\nimages: *a11\n`, ...SET),
    'a Kustomization of lists in lists': at(KUSTOMIZATION, `images: ${nested('[', ']', 100_000)}`, ...SET),
    'a Kustomization with an alias of its parent': at(KUSTOMIZATION, 'images: &a [ *a ]\n', ...SET),
    'a Kustomization of 5,000 images': at(
      KUSTOMIZATION,
      `images:\n${lines(5000, (n) => `- { name: i${n}, newTag: v1 }`)}`,
      ...SET,
    ),
    'a Kustomization of 32 MB': at(KUSTOMIZATION, `images: []\n# ${'x'.repeat(32e6)}`, ...SET),
    'a Kustomization that is a pipe': pipe(KUSTOMIZATION, ...SET),
    'a Kustomization of zeros': at(KUSTOMIZATION, Buffer.alloc(5000), ...SET),
  },
  {
    'hostile build files for init': (site) => {
      site.write(
        'Makefile',
        `A := $(A)$(A)\nall:\n\tdocker build $(A) -t x .\n${lines(2000, (n) => `t${n}: t${n + 1}`)}`,
      );
      site.write('docker-compose.yml', `services: { a: { build: ${nested('[', ']', 20_000)} } }`);
      site.write('build.sh', `#!/bin/sh\n${'$('.repeat(5000)}`);
      return ['init', '--dry-run'];
    },
    'a Makefile that is a pipe for init': pipe('Makefile', 'init', '--dry-run'),
    'a configuration that is a link out of the repository for init': (site) => {
      rmSync(join(site.dir, CONFIG));
      symlinkSync('../outside.yml', join(site.dir, CONFIG));
      return ['init', '--yes', '--force'];
    },
  },
  {
    'no git repository': ({ dir }) => rmSync(join(dir, '.git'), { recursive: true }),
    'a broken git index': at('.git/index', 'DIRC'.repeat(1000)),
    'a broken git HEAD': at('.git/HEAD', 'ref: refs/heads/\u001b[31m\n'),
    'a broken git configuration': at('.git/config', '[[[\n'),
  },
];
