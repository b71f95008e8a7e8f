import type { Look } from './checkout.js';
import { baseImage } from './checkout.js';

/** A checkout, and what is to be said of it. */
export interface Case {
  name: string;
  files: Record<string, string>;
  /** Default: one image, `api`. */
  config?: string;
  look?: Look;
  /** `code file:line[:column]` of each problem, in order. */
  told: string[];
  message?: RegExp;
}

const NODE_20 = { 'node:20': baseImage({ env: { NODE_VERSION: '20.11.1' } }) };
const QUIET = 'USER node\nHEALTHCHECK NONE\n';

export const lock = (packages: Record<string, object>, root: object = {}): string =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': root, ...packages } });

const npm = (dockerfile: string, more: Record<string, string> = {}): Record<string, string> => ({
  'api/Dockerfile': dockerfile,
  'api/package.json': JSON.stringify({
    dependencies: { next: '16.0.1' },
    devDependencies: { vite: '7.0.0' },
  }),
  'api/package-lock.json': lock(
    {
      'node_modules/next': { version: '16.0.1', engines: { node: '>=20.9.0' } },
      'node_modules/vite': { version: '7.0.0', dev: true, engines: { node: '^20.19.0 || >=22.12.0' } },
      'node_modules/fsevents': { version: '2.3.3', optional: true, engines: { node: '>=90' } },
      'node_modules/semver': { version: '7.7.0', engines: { node: '>=10' } },
    },
    { dependencies: { next: '16.0.1' }, devDependencies: { vite: '7.0.0' } },
  ),
  ...more,
});

const workflow = (job: string, head = 'concurrency: release\n'): Record<string, string> => ({
  '.github/workflows/release.yml': `on: push\n${head}jobs:\n  release:\n${job.replaceAll(/^(?=.)/gm, '    ')}`,
});
const STEP = 'steps: [{ uses: acme/image-release@v1 }]\n';
const PLAIN = { 'api/Dockerfile': `FROM busybox\nCOPY x /\n${QUIET}`, 'api/x': '' };
const GOOD_INSTALL = `FROM node:22\nCOPY package*.json ./\nRUN npm ci --omit=dev\n${QUIET}`;
const APP = { 'api/Dockerfile': `FROM busybox\nCOPY x /\nARG ANY\n`, 'api/x': '' };
const BUSYBOX = { bases: { busybox: baseImage() } };

const pod = (more: string): string =>
  `kind: Pod\nspec:\n  containers:\n    - image: ghcr.io/acme/api:v1\n${more.replaceAll(/^(?=.)/gm, '      ')}`;

export const CASES: Case[] = [
  { name: 'a sound checkout', files: npm(GOOD_INSTALL), told: [] },
  {
    name: 'a base image that is too old by its tag',
    files: npm(`FROM node:18-alpine\nCOPY package*.json ./\nRUN npm ci --omit=dev\n${QUIET}`),
    told: ['preflight/node-too-old api/Dockerfile:1'],
    message: /^next@16\.0\.1 needs node >=20\.9\.0, api\/Dockerfile:1 says node:18-alpine\.$/,
  },
  {
    name: 'a base image that is too old by its environment, for development in a stage before',
    files: npm(
      `FROM node:20 AS build\nCOPY package*.json ./\nRUN npm ci\nFROM node:20\nCOPY --from=build /dist /dist\nCOPY package*.json ./\nRUN npm ci --omit=dev\n${QUIET}`,
    ),
    look: { bases: NODE_20 },
    told: ['preflight/node-too-old api/Dockerfile:1'],
    message: /^vite@7\.0\.0 needs node .* says node:20 \(20\.11\.1\)\.$/,
  },
  {
    name: 'a base image that an argument names, in a stage below another',
    files: npm(
      `ARG NODE=18\nFROM node:$NODE AS deps\nCOPY package*.json ./\nRUN npm ci --omit=dev\nFROM deps\n${QUIET}`,
    ),
    told: ['preflight/node-too-old api/Dockerfile:2'],
  },
  {
    name: 'an argument of the configuration that raises it',
    files: npm(`ARG NODE=18\nFROM node:$NODE\nCOPY package*.json ./\nRUN npm ci --omit=dev\n${QUIET}`),
    config: 'images: { api: { args: { NODE: "22" } } }',
    told: [],
  },
  {
    name: 'a tag that says no version',
    files: npm(`FROM node:lts\nCOPY package*.json ./\nRUN npm ci --omit=dev\n${QUIET}`),
    told: [],
  },
  {
    name: 'a project that asks for a newer one itself',
    files: {
      'api/Dockerfile': `FROM node:18\nCOPY . .\n${QUIET}`,
      'api/package.json': '{ "engines": { "node": ">=22" } }',
    },
    told: ['preflight/node-too-old api/Dockerfile:1'],
    message: /^api\/package\.json needs node >=22/,
  },
  {
    name: '.nvmrc with a newer one',
    files: {
      'api/Dockerfile': `FROM gcr.io/distroless/nodejs20-debian12\nCOPY . .\n${QUIET}`,
      'api/package.json': '{}',
      'api/.nvmrc': 'v22.1.0\n',
    },
    told: ['preflight/node-too-old api/Dockerfile:1'],
    message: /^api\/\.nvmrc needs node >=22/,
  },
  {
    name: 'a project of another image in the same context',
    files: {
      ...npm('FROM scratch\n'),
      Dockerfile: `FROM node:18\nCOPY web ./\n${QUIET}`,
      'web/package.json': '{}',
    },
    config: 'images: { web: { context: . } }',
    told: [],
  },
  {
    name: 'an install that falls back to one without lock',
    files: npm(`FROM node:22\nCOPY package*.json ./\nRUN npm ci --omit=dev || npm i --omit=dev\n${QUIET}`),
    told: ['preflight/unlocked-install api/Dockerfile:3'],
  },
  {
    name: 'the same in a here-document',
    files: npm(
      `FROM node:22\nCOPY package*.json ./\nRUN <<EOF\nset -e\nnpm ci --omit=dev ||\\\n  npm install --omit=dev\nEOF\n${QUIET}`,
    ),
    told: ['preflight/unlocked-install api/Dockerfile:3'],
  },
  {
    name: 'a lockfile that is not copied',
    files: npm(`FROM node:22\nCOPY package.json ./\nRUN npm ci --omit=dev\n${QUIET}`),
    told: ['preflight/lockfile-not-copied api/Dockerfile:3'],
    message: /it is not copied before/,
  },
  {
    name: 'a lockfile that is mounted',
    files: npm(
      `FROM node:22\nRUN --mount=type=bind,source=package.json,target=package.json --mount=type=bind,source=package-lock.json,target=package-lock.json npm ci --omit=dev\n${QUIET}`,
    ),
    told: [],
  },
  {
    name: 'a lockfile that may come from elsewhere',
    files: npm(
      `FROM node:22\nCOPY package.json ./\nCOPY --from=busybox /x ./\nRUN npm ci --omit=dev\n${QUIET}`,
    ),
    told: [],
  },
  {
    name: 'node_modules that are copied over an install',
    files: npm(`FROM node:22\nCOPY package*.json ./\nRUN npm ci --omit=dev\nCOPY . .\n${QUIET}`),
    told: ['preflight/node-modules-copied api/Dockerfile:4'],
    message: /ENOTEMPTY/,
  },
  {
    name: 'node_modules that .dockerignore leaves out',
    files: npm(`FROM node:22\nCOPY . .\nRUN npm ci --omit=dev\n${QUIET}`, {
      'api/.dockerignore': '**/node_modules\n',
    }),
    told: [],
  },
  {
    name: 'development dependencies in the final stage',
    files: npm(`FROM node:22\nCOPY package*.json ./\nRUN npm ci\n${QUIET}`),
    told: ['preflight/development-dependencies api/Dockerfile:3'],
    message: /vite/,
  },
  {
    name: 'development dependencies that come with node_modules of another stage',
    files: npm(
      `FROM node:22 AS build\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nFROM node:22\nCOPY --from=build /app/node_modules ./node_modules\n${QUIET}`,
    ),
    told: ['preflight/development-dependencies api/Dockerfile:6'],
  },
  {
    name: 'development dependencies that NODE_ENV or a later prune leaves out',
    files: npm(
      `FROM node:22 AS a\nENV NODE_ENV=production\nCOPY package*.json ./\nRUN npm ci\nFROM a\nRUN npm ci --include=dev && npm prune --omit=dev\n${QUIET}`,
    ),
    told: [],
  },
  {
    name: 'an image that runs as root without a health check',
    files: APP,
    look: BUSYBOX,
    told: ['preflight/runs-as-root api/Dockerfile:1', 'preflight/no-health-check api/Dockerfile:1'],
  },
  {
    name: 'a user that is set back to root',
    files: { ...APP, 'api/Dockerfile': 'FROM busybox\nUSER node\nUSER 0:0\nHEALTHCHECK NONE\n' },
    look: BUSYBOX,
    told: ['preflight/runs-as-root api/Dockerfile:3'],
  },
  {
    name: 'a base image with a user and a health check',
    files: APP,
    look: { bases: { busybox: baseImage({ user: '1000', healthcheck: 'set' }) } },
    told: [],
  },
  { name: 'a base image that nobody was asked about', files: APP, told: [] },
  {
    name: 'a probe in the manifests in place of a health check',
    files: {
      ...PLAIN,
      'api/Dockerfile': 'FROM busybox\nUSER node\n',
      'k8s/pod.yaml': pod('readinessProbe: { exec: {} }\n'),
    },
    look: BUSYBOX,
    told: [],
  },
  {
    name: 'checks that the Dockerfile silences',
    files: {
      ...APP,
      'api/Dockerfile':
        '# check=skip=preflight/runs-as-root,preflight/no-health-check;error=true\nFROM busybox\n',
    },
    look: BUSYBOX,
    told: [],
  },
  {
    name: 'an argument that is not declared in a stage of the image',
    files: { ...PLAIN, 'api/Dockerfile': `FROM busybox AS other\nARG COMMIT\nFROM busybox\n${QUIET}` },
    config: 'images: { api: { args: { COMMIT: x, HTTPS_PROXY: y } } }',
    told: ['preflight/undeclared-argument image-release.yml:2:34'],
  },
  {
    name: 'an argument that the base image may declare',
    files: PLAIN,
    config: 'images: { api: { args: { COMMIT: x } } }',
    look: { bases: { busybox: baseImage({ onBuild: ['ARG COMMIT'] }) } },
    told: [],
  },
  {
    name: 'a public variable in a pod, and in the ConfigMap that another takes',
    files: {
      ...PLAIN,
      'k8s/pod.yaml': pod(
        'env:\n  - { name: VITE_API, value: x }\n  - { name: OTHER, value: x }\nenvFrom: [{ configMapRef: { name: c } }]\n',
      ),
      'k8s/map.yaml': 'kind: ConfigMap\nmetadata: { name: c }\ndata:\n  NEXT_PUBLIC_URL: x\n',
    },
    told: ['preflight/public-variable k8s/pod.yaml:6:11', 'preflight/public-variable k8s/map.yaml:4:3'],
  },
  {
    name: 'a public variable with its argument',
    files: {
      ...PLAIN,
      'api/Dockerfile': `FROM busybox\nARG VITE_API\n${QUIET}`,
      'k8s/pod.yaml': pod('env: [{ name: VITE_API }]\n'),
    },
    told: [],
  },
  {
    name: 'a context without files',
    files: { 'api/Dockerfile': `FROM busybox\nCOPY . .\n${QUIET}` },
    told: ['preflight/empty-context image-release.yml:2:11'],
  },
  {
    name: 'a context without files, of which nothing is copied',
    files: { 'api/Dockerfile': `FROM busybox\n${QUIET}` },
    told: [],
  },
  {
    name: 'a job without a time limit, and no group',
    files: { ...PLAIN, ...workflow(STEP, '') },
    told: [
      'preflight/workflow-no-timeout .github/workflows/release.yml:3:3',
      'preflight/workflow-no-concurrency .github/workflows/release.yml:3:3',
    ],
  },
  {
    name: 'a workflow that builds no images',
    files: { ...PLAIN, ...workflow('steps: [{ run: npm test }, { uses: x/y@main }]\n', '') },
    told: [],
  },
  {
    name: 'actions that can move',
    files: {
      ...PLAIN,
      ...workflow(
        `timeout-minutes: 9\nsteps:\n  - uses: actions/checkout@v5\n  - uses: x/y@v1\n  - uses: x/y@${'a'.repeat(40)}\n  - uses: Acme/own@main\n  - run: docker buildx build .\n`,
      ),
    },
    told: ['preflight/workflow-moving-action .github/workflows/release.yml:8:15'],
    message: /: x\/y@v1\.$/,
  },
  {
    name: 'an OpenID token that nothing asks for',
    files: {
      ...PLAIN,
      ...workflow(`timeout-minutes: 9\n${STEP}permissions:\n  packages: write\n  id-token: write\n`),
    },
    told: ['preflight/workflow-unused-id-token .github/workflows/release.yml:9:7'],
  },
  {
    name: 'an OpenID token that signs, and one that another action may ask for',
    files: {
      ...PLAIN,
      ...workflow(`timeout-minutes: 9\n${STEP}permissions: { packages: write, id-token: write }\n`),
    },
    config: 'attest: { sign: github }\nimages: { api: }',
    told: [],
  },
  {
    name: 'permissions that leave out what a release needs',
    files: {
      ...PLAIN,
      ...workflow(`timeout-minutes: 9\n${STEP}`, 'concurrency: x\npermissions: { contents: read }\n'),
    },
    config: 'images: { api: }\ndeploy: k8s',
    told: ['preflight/workflow-permissions .github/workflows/release.yml:3:1'],
    message: /without `packages: write` and `contents: write`/,
  },
  {
    name: 'two jobs that share what a release needs',
    files: {
      ...PLAIN,
      ...workflow(
        'timeout-minutes: 9\npermissions: { packages: write }\nsteps: [{ uses: acme/image-release@v1, with: { deploy: false } }]\n',
      ),
    },
    config: 'images: { api: }\ndeploy: k8s',
    told: [],
  },
];
