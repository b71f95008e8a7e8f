import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { probeMachine, type MachineFacts } from '../../src/facts/machine.js';

const ACCOUNT = 'var/run/secrets/kubernetes.io/serviceaccount';
const POD_FILES = { [`${ACCOUNT}/token`]: 't', [`${ACCOUNT}/namespace`]: 'builds\n' };
const POD_ENV = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
const OVERLAY = 'x 1 0:1 / / rw - overlay overlay rw\n';
const DISK = 'x 1 0:1 / / rw - ext4 /dev/sda1 rw\n';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'machine-facts-'));
});
afterEach(() => rm(root, { recursive: true }));

async function look(env: NodeJS.ProcessEnv, files: Record<string, string>): Promise<MachineFacts> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return probeMachine({ env, uid: 1000 }, root);
}

test.each<[string, NodeJS.ProcessEnv, Record<string, string>, MachineFacts['place']]>([
  ['a laptop', {}, { 'proc/self/mountinfo': DISK }, { kind: 'host' }],
  ['Docker', {}, { '.dockerenv': '' }, { kind: 'container' }],
  ['Podman', {}, { 'run/.containerenv': '' }, { kind: 'container' }],
  ['containerd, which leaves no marker file', {}, { 'proc/self/mountinfo': OVERLAY }, { kind: 'container' }],
  ['a pod', POD_ENV, POD_FILES, { kind: 'pod' }],
  ['a workflow', { CI: 'true', GITHUB_ACTIONS: 'true' }, {}, { kind: 'actions', runner: 'github-hosted' }],
  [
    'a workflow on a runner in a pod',
    { ...POD_ENV, CI: 'true', GITHUB_ACTIONS: 'true', RUNNER_ENVIRONMENT: 'self-hosted' },
    POD_FILES,
    { kind: 'actions', runner: 'self-hosted' },
  ],
  [
    'Gitea, which also sets GITHUB_ACTIONS, as a host',
    { CI: 'true', GITHUB_ACTIONS: 'true', GITEA_ACTIONS: 'true' },
    {},
    { kind: 'host' },
  ],
])('recognizes %s', async (_, env, files, place) => {
  expect((await look(env, files)).place).toEqual(place);
});

test('reads the namespace of a pod from its service account, if one is mounted', async () => {
  expect((await look(POD_ENV, {})).pod).toEqual({ serviceAccount: 'none' });
  expect((await look(POD_ENV, POD_FILES)).pod).toEqual({ namespace: 'builds', serviceAccount: 'mounted' });
  expect((await look({}, {})).pod).toEqual({ namespace: 'builds', serviceAccount: 'mounted' });
});
