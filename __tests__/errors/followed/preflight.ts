import { parse } from 'yaml';
import type { Facts } from '../../../src/facts/facts.js';
import { Secret } from '../../../src/lib/secret.js';
import { problemsIn, type Look } from '../../preflight/fixtures.js';
import { lock } from '../../preflight/node-cases.js';
import { suggestionOf, type FollowedFix } from '../followed-fix.js';

interface Checkout {
  files?: Record<string, string>;
  config?: string;
  look?: Look;
}

const API = { 'api/Dockerfile': `FROM busybox\nCOPY x /\n`, 'api/x': '' };
const IMAGES = 'images: { api: }';

/** A checkout with a problem, and the correction. */
const checked = (
  code: FollowedFix['code'],
  before: Checkout,
  mend: Checkout | ((fix: string) => Checkout),
): FollowedFix => {
  const look = ({ files = API, config = IMAGES, look: over }: Checkout) => problemsIn(files, config, over);
  return {
    code,
    provoke: () => look(before),
    follow: (problem) => look({ ...before, ...(typeof mend === 'function' ? mend(problem.fix) : mend) }),
  };
};

/** A wrong part of a Dockerfile, and its replacement. */
const line = (
  code: FollowedFix['code'],
  before: Record<string, string>,
  [from, to]: [from: string, to: string],
  rest: Omit<Checkout, 'files'> = {},
): FollowedFix => {
  const dockerfile = before['api/Dockerfile']!;
  expect(dockerfile).toContain(from);
  return checked(
    code,
    { ...rest, files: before },
    { ...rest, files: { ...before, 'api/Dockerfile': dockerfile.replace(from, to) } },
  );
};

const FILE = '.github/workflows/release.yml';
const workflow = (job: string, head = 'concurrency: release\n') => ({
  ...API,
  [FILE]: `on: push\n${head}jobs:\n  release:\n${job.replaceAll(/^(?=.)/gm, '    ')}`,
});
const STEP = 'steps: [{ uses: acme/image-release@v1 }]\n';
const PINNED = `acme/image-release@${'a'.repeat(40)} # v1.2.3`;

/** A workflow with a problem, and the corrected workflow. */
const workflowLine = (
  code: FollowedFix['code'],
  before: ReturnType<typeof workflow>,
  after: ReturnType<typeof workflow>,
  config = IMAGES,
): FollowedFix => checked(code, { files: before, config }, { files: after, config });

const NPM = {
  'api/package.json': JSON.stringify({
    dependencies: { next: '16.0.1' },
    devDependencies: { vite: '7.0.0' },
  }),
  'api/package-lock.json': lock(
    {
      'node_modules/next': { version: '16.0.1', engines: { node: '>=20.9.0' } },
      'node_modules/vite': { version: '7.0.0', dev: true },
    },
    { dependencies: { next: '16.0.1' }, devDependencies: { vite: '7.0.0' } },
  ),
};
const npm = (node: string, ...lines: string[]) => ({
  ...NPM,
  'api/Dockerfile': `FROM node:${node}\n${lines.join('\n')}\n`,
});
const COPY = 'COPY package*.json ./';
const INSTALL = 'RUN npm ci --omit=dev';

const facts = (over: Partial<Facts>): Look => ({ over });
const SIGN = 'preflight/cannot-sign';
const signed = (by: 'github' | 'cosign', signing: Facts['signing']): Checkout => ({
  config: `attest: { sign: ${by} }\n${IMAGES}`,
  look: facts({ signing }),
});
const actions = (cacheService: boolean) => facts({ environment: { kind: 'actions', cacheService } });

export const preflightFixes: FollowedFix[] = [
  checked(
    'preflight/missing-context',
    { config: 'images: { api: { context: services/api } }' },
    { config: 'images: { api: { context: api } }' },
  ),
  checked('preflight/missing-dockerfile', { config: 'images: { api: { dockerfile: api/Dockerfile } }' }, (fix) => ({
    config: `images: { api: { dockerfile: ${/write `(.*)`/.exec(fix)![1]} } }`,
  })),
  checked(
    'preflight/missing-target',
    {
      files: { ...API, 'api/Dockerfile': `FROM busybox AS runtime\nCOPY x /\n` },
      config: 'images: { api: { target: run } }',
    },
    (fix) => ({ config: `images: { api: { target: ${/: (\w+)\.$/.exec(fix)![1]} } }` }),
  ),
  checked(
    'preflight/missing-secret',
    { config: 'images: { api: { secrets: { npm: { env: NPM_TOKEN } } } }' },
    (fix) => ({ look: { variables: (parse(suggestionOf({ fix })) as { env: Record<string, string> }).env } }),
  ),
  checked('preflight/no-cache-service', { look: actions(false) }, { config: `cache: none\n${IMAGES}` }),
  checked(
    SIGN,
    signed('github', { by: 'github', identity: 'not-granted' }),
    signed('github', { by: 'github', identity: 'granted' }),
  ),
  checked(
    'preflight/uncommitted-changes',
    { look: facts({ uncommitted: ['api/server.js', 'api/package.json'] }) },
    { look: facts({ uncommitted: [] }) },
  ),
  line('preflight/dockerfile-unreadable', { ...API, 'api/Dockerfile': `FROM busybox\nCOPPY x /\n` }, ['COPPY', 'COPY']),
  line('preflight/node-too-old', npm('18-alpine', COPY, INSTALL), ['node:18-alpine', 'node:22-alpine']),
  line('preflight/lockfile-not-copied', npm('22', 'COPY package.json ./', INSTALL), [
    'COPY package.json ./',
    'COPY package.json package-lock.json ./',
  ]),
  checked(
    'preflight/lockfile-stale',
    {
      files: { ...npm('22', COPY, INSTALL), 'api/package.json': '{ "dependencies": { "next": "17.0.0" } }' },
    },
    { files: npm('22', COPY, INSTALL) },
  ),
  line('preflight/unlocked-install', npm('22', COPY, `${INSTALL} || npm install`), [' || npm install', '']),
  checked('preflight/node-modules-copied', { files: npm('22', COPY, INSTALL, 'COPY . .') }, (fix) => {
    const [, ignored, file] = /the line `(.*)` to (\S+)\.$/.exec(fix)!;
    return { files: { ...npm('22', COPY, INSTALL, 'COPY . .'), [file!]: `${ignored}\n` } };
  }),
  {
    ...line('preflight/undeclared-argument', API, ['COPY', 'ARG COMMIT\nCOPY'], {
      config: 'images: { api: { args: { COMMIT: 1a2b3c4 } } }',
    }),
  },
  checked(
    'preflight/public-variable',
    {
      files: {
        ...API,
        'k8s/pod.yaml':
          'kind: Pod\nspec:\n  containers:\n    - image: ghcr.io/acme/api:v1\n      env: [{ name: VITE_API, value: x }]\n',
      },
    },
    (fix) => ({
      files: {
        ...API,
        'api/Dockerfile': API['api/Dockerfile'].replace('COPY', `${suggestionOf({ fix })}\nCOPY`),
      },
      config: 'images: { api: { args: { VITE_API: x } } }',
    }),
  ),
  checked(
    'preflight/masked-name',
    {
      files: workflow(
        `timeout-minutes: 9\nsteps:\n  - uses: ${PINNED}\n    with: { registry-username: "\${{ secrets.USER }}" }\n`,
      ),
      config: 'images: { api: { image: docker.io/hidden-user/api } }',
      look: facts({
        environment: { kind: 'actions', cacheService: true },
        usernames: [new Secret('hidden-user')],
      }),
    },
    (fix) => ({
      files: workflow(
        `timeout-minutes: 9\nsteps:\n  - uses: ${PINNED}\n    with: { registry-username: "${suggestionOf({ fix })}" }\n`,
      ),
    }),
  ),
  workflowLine(
    'preflight/workflow',
    workflow(`timeout-minutes: 30\nsteps:\n  - uses: docker/login-action@v3\n  - uses: ${PINNED}\n`),
    workflow(
      `timeout-minutes: 30\nsteps:\n  - uses: docker/login-action@${'b'.repeat(40)} # v3.6.0\n  - uses: ${PINNED}\n`,
    ),
  ),
  workflowLine(
    'preflight/workflow-permissions',
    workflow(`timeout-minutes: 30\npermissions: { contents: read }\n${STEP}`),
    workflow(`timeout-minutes: 30\npermissions: { contents: write, packages: write }\n${STEP}`),
    `${IMAGES}\ndeploy: k8s`,
  ),
];
