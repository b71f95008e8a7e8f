import { baseImage } from './fixtures.js';
import type { Case } from './fixtures.js';

const workflow = (job: string, head = 'concurrency: release\n'): Record<string, string> => ({
  '.github/workflows/release.yml': `on: push\n${head}jobs:\n  release:\n${job.replaceAll(/^(?=.)/gm, '    ')}`,
});
const STEP = 'steps: [{ uses: acme/image-release@v1 }]\n';
const CALL = 'uses: acme/image-release/.github/workflows/release.yml@v1\n';
const PLAIN = { 'api/Dockerfile': `FROM busybox\nCOPY x /\n`, 'api/x': '' };

const pod = (more: string): string =>
  `kind: Pod\nspec:\n  containers:\n    - image: ghcr.io/acme/api:v1\n${more.replaceAll(/^(?=.)/gm, '      ')}`;

/** Cases without Node.js. */
export const CASES: Case[] = [
  {
    name: 'checks that the Dockerfile skips',
    files: {
      ...PLAIN,
      'api/Dockerfile':
        '# syntax=docker/dockerfile:1\n# check=error=true;skip=preflight/undeclared-argument\nFROM busybox\n',
    },
    config: 'images: { api: { args: { COMMIT: x } } }',
    told: [],
  },
  {
    name: 'an argument that no stage of the image declares',
    files: { ...PLAIN, 'api/Dockerfile': `FROM busybox AS other\nARG COMMIT\nFROM busybox\n` },
    config: 'images: { api: { args: { COMMIT: x, HTTPS_PROXY: y } } }',
    told: ['preflight/undeclared-argument image-release.yml:2:34'],
  },
  {
    name: 'an argument that ONBUILD of the base image declares',
    files: PLAIN,
    config: 'images: { api: { args: { COMMIT: x } } }',
    look: { bases: { busybox: baseImage({ onBuild: ['ARG COMMIT'] }) } },
    told: [],
  },
  {
    name: 'a public variable in a pod, and one in its ConfigMap',
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
    name: 'an empty context from which nothing is copied',
    files: { 'api/Dockerfile': `FROM busybox\n` },
    told: [],
  },
  {
    name: "a workflow that doesn't use this action",
    files: { ...PLAIN, ...workflow('steps: [{ run: docker build . }, { uses: x/y@main }]\n', '') },
    told: [],
  },
  {
    name: 'actions that are not pinned',
    files: {
      ...PLAIN,
      ...workflow(
        `timeout-minutes: 9\nsteps:\n  - uses: actions/checkout@v5\n  - uses: x/y@v1\n  - uses: x/y@${'a'.repeat(40)}\n  - uses: Acme/own@main\n  - uses: acme/image-release@v1\n`,
      ),
    },
    told: ['preflight/workflow .github/workflows/release.yml:8:15'],
    message: /: x\/y@v1\.$/,
  },
  {
    name: 'an unused `id-token: write`',
    files: {
      ...PLAIN,
      ...workflow(`timeout-minutes: 9\n${STEP}permissions:\n  packages: write\n  id-token: write\n`),
    },
    told: ['preflight/workflow .github/workflows/release.yml:9:7'],
  },
  {
    name: 'an `id-token: write` that signing needs',
    files: {
      ...PLAIN,
      ...workflow(
        `timeout-minutes: 9\n${STEP}permissions: { packages: write, id-token: write, attestations: write }\n`,
      ),
    },
    config: 'attest: { sign: github }\nimages: { api: }',
    told: [],
  },
  {
    name: 'a workflow without the permissions that a release needs',
    files: {
      ...PLAIN,
      ...workflow(`timeout-minutes: 9\n${STEP}`, 'concurrency: x\npermissions: { contents: read }\n'),
    },
    config: 'images: { api: }\ndeploy: k8s',
    told: ['preflight/workflow-permissions .github/workflows/release.yml:3:1'],
    message: /without `packages: write` and `contents: write`/,
  },
  {
    name: 'a job that pushes by digest, without `contents: write`',
    files: {
      ...PLAIN,
      ...workflow(
        'timeout-minutes: 9\npermissions: { packages: write }\nsteps: [{ uses: acme/image-release@v1, with: { push: digest } }]\n',
      ),
    },
    config: 'images: { api: }\ndeploy: k8s',
    told: [],
  },
  {
    name: 'a call of the reusable workflow, without a time limit',
    files: {
      ...PLAIN,
      ...workflow(`${CALL}permissions: { packages: write, contents: write }\n`),
    },
    config: 'images: { api: }\ndeploy: k8s',
    told: [],
  },
  {
    name: 'a call of the reusable workflow without permissions and concurrency group',
    files: { ...PLAIN, ...workflow(CALL, 'permissions: { contents: read }\n') },
    config: 'images: { api: }\ndeploy: k8s',
    told: [
      'preflight/workflow .github/workflows/release.yml:4:3',
      'preflight/workflow-permissions .github/workflows/release.yml:2:1',
    ],
  },
  {
    name: 'a call of the reusable workflow with separate tokens',
    files: {
      ...PLAIN,
      ...workflow(
        `${CALL}permissions: { contents: read }\nsecrets:\n  deploy-token: \${{ secrets.A }}\n  registry-password: \${{ secrets.B }}\n`,
      ),
    },
    config: 'images: { api: }\ndeploy: k8s',
    told: [],
  },
  {
    name: 'a job with `deploy: false`, without `contents: write`',
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
