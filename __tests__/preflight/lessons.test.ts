import { Secret } from '../../src/lib/secret.js';
import { formatPlace } from '../../src/lib/errors.js';
import { problemsIn, type Look } from './fixtures.js';

const told = async (files: Record<string, string>, yaml: string, look?: Look) =>
  (await problemsIn(files, yaml, look)).map(
    ({ code, place, severity }) => `${severity} ${code} ${formatPlace(place ?? { file: '?' })}`,
  );

const api = { 'api/Dockerfile': `FROM busybox\nCOPY x /\n`, 'api/x': '' };

test('reports an undeclared build argument, and a public variable that is set only at run time', async () => {
  const files = {
    ...api,
    'web/Dockerfile': `FROM node:24\nCOPY pages ./pages\nRUN npm run build\n`,
    'web/pages/index.js': '',
    'k8s/kustomization.yaml': 'images:\n  - { name: web, newName: ghcr.io/acme/web }\n',
    'k8s/web.yaml': [
      'kind: Deployment',
      'spec:',
      '  template:',
      '    spec:',
      '      containers:',
      '        - image: web',
      '          env: [{ name: NEXT_PUBLIC_API_URL, value: https://api.example.org }]\n',
    ].join('\n'),
  };
  const yaml = 'images:\n  api: { args: { COMMIT: x } }\n  web:';
  expect(await told(files, yaml)).toEqual([
    'warning preflight/undeclared-argument image-release.yml:3:26',
    'warning preflight/public-variable k8s/web.yaml:7:17',
  ]);
  const declared = {
    ...files,
    'api/Dockerfile': `ARG COMMIT\nFROM busybox\nARG COMMIT\nCOPY x /\n`,
    'web/Dockerfile': files['web/Dockerfile'].replace('COPY', 'ARG NEXT_PUBLIC_API_URL\nCOPY'),
  };
  expect(await told(declared, yaml)).toEqual([]);
});

test('reports a locked install that falls back to an unlocked one', async () => {
  const tools = {
    'package-lock.json': ['npm ci || npm install', 'npm ci && npm cache clean --force || npm i'],
    'yarn.lock': ['yarn install --frozen-lockfile || yarn install', 'yarn --immutable || yarn'],
    'pnpm-lock.yaml': ['pnpm install --frozen-lockfile || pnpm install'],
  };
  const fallsBack = async (lockfile: string, command: string) => {
    const dockerfile = `FROM node:24\nCOPY package.json ${lockfile} ./\nRUN ${command}\n`;
    const files = { 'api/Dockerfile': dockerfile, 'api/package.json': '{}', [`api/${lockfile}`]: '' };
    return told(files, 'images: { api: }');
  };
  for (const [lockfile, commands] of Object.entries(tools))
    for (const command of commands)
      expect([command, await fallsBack(lockfile, command)]).toEqual([
        command,
        command.includes('cache clean') ? [] : ['warning preflight/unlocked-install api/Dockerfile:3'],
      ]);
  expect(await fallsBack('package-lock.json', 'npm ci || exit 1')).toEqual([]);
});

test('reports each fault of a workflow once, with its line', async () => {
  const workflow = [
    'on: push',
    'permissions: { contents: write, packages: write, id-token: write }',
    'jobs:',
    '  build:',
    '    steps:',
    '      - uses: actions/checkout@v5',
    '      - uses: docker/build-push-action@v6',
    '  deploy:',
    '    timeout-minutes: 5',
    '    steps: [{ uses: acme/image-release@v1 }]\n',
  ].join('\n');
  const files = { ...api, '.github/workflows/release.yml': workflow };
  expect(await told(files, 'images: { api: }')).toEqual([
    'warning preflight/workflow .github/workflows/release.yml:4:3',
    'warning preflight/workflow .github/workflows/release.yml:4:3',
    'warning preflight/workflow .github/workflows/release.yml:7:15',
    'warning preflight/workflow .github/workflows/release.yml:2:50',
  ]);
});

describe('an image name that contains the value of a secret', () => {
  const workflow = (inputs: string) => ({
    ...api,
    '.github/workflows/release.yml': [
      'concurrency: release',
      'jobs:',
      '  release:',
      '    timeout-minutes: 5',
      '    steps:',
      '      - uses: acme/image-release@v1',
      '        with:',
      `${inputs.replaceAll(/^(?=.)/gm, '          ')}\n`,
    ].join('\n'),
  });
  const look = (user: string): Look => ({
    over: { environment: { kind: 'actions', cacheService: true }, usernames: [new Secret(user)] },
  });
  const images = 'images: { api: { image: docker.io/hidden-user/api } }';

  test.each([
    ['the registry username', 'registry-username: ${{ secrets.USER }}', 'hidden-user', 8],
    [
      'the configuration in the workflow',
      'config: |\n  images: { api: { image: "docker.io/${{ secrets.USER }}/api" } }',
      'somebody',
      8,
    ],
  ])('is reported if the secret is in %s', async (_, inputs, user, line) => {
    const problems = await problemsIn(workflow(inputs), images, look(user));
    expect(problems).toMatchObject([
      {
        code: 'preflight/masked-name',
        severity: 'warning',
        place: { file: '.github/workflows/release.yml', line },
        message: expect.stringMatching(/secret USER/),
        fix: expect.stringMatching(/vars\.USER/),
      },
    ]);
    expect(JSON.stringify(problems)).not.toContain('hidden-user');
  });

  test('is not reported if the username is no secret or not in the name, or outside Actions', async () => {
    const secret = workflow('registry-username: ${{ secrets.USER }}');
    expect(await told(workflow('registry-username: ${{ vars.USER }}'), images, look('hidden-user'))).toEqual([]);
    expect(await told(secret, images, look('somebody'))).toEqual([]);
    expect(await told(secret, images, { over: { usernames: [new Secret('hidden-user')] } })).toEqual([]);
  });
});

test('`# check=skip=all` silences warnings, but not a missing stage', async () => {
  const files = { 'api/Dockerfile': '# check=skip=all\nFROM busybox AS one\nRUN npm ci || npm i\n' };
  expect(await told(files, 'images: { api: }')).toEqual([]);
  expect(await told(files, 'images: { api: { target: two } }')).toEqual([
    'error preflight/missing-target image-release.yml:2:26',
  ]);
});
