import { loadConfig } from '../../../src/config/load.js';
import { chooseRollback, readDestination } from '../../../src/deploy/status/rollback.js';
import { assessStatus, type DeployedEntry } from '../../../src/deploy/status/status.js';
import type { Served } from '../../../src/deploy/status/status.js';
import { sourceProblems } from '../../../src/registry/verify-deployed.js';
import { chooseChannels } from '../../../src/deployment-channels.js';
import { planOf } from '../../builders/samples.js';
import { commitOf, digestOf, sampleEntry, sampleLedger } from '../../deploy/ledger/fixtures.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';
import { commandIn } from './command-in.js';

const IMAGE = 'ghcr.io/acme/api';
const API = { key: 'api', image: IMAGE };
const SERVED: Served = { status: 'served', digest: digestOf(3) };

/** Problems of `image-release status` if the Kustomization has this tag and the ledger is at release 3. */
function status(tag: string, served: Served = SERVED, ledger: 'recorded' | 'absent' = 'recorded'): Told {
  const entry: DeployedEntry = { place: { file: 'k8s/kustomization.yml', line: 6 }, image: IMAGE, tag };
  const { problems, images } = assessStatus(
    {
      ...{ channel: 'main', branch: 'main', images: [API], problems: [], proposal: 'none' as const },
      ...(ledger === 'recorded' && { ledger: sampleLedger(sampleEntry('api', [3, 2, 1])) }),
      files: [{ key: 'api', path: 'k8s/kustomization.yml', entries: [entry] }],
    },
    new Map([['api', served]]),
  );
  return [...problems, ...images.flatMap((image) => image.problems)];
}

const rollback = (to: string): Told =>
  chooseRollback(sampleLedger(sampleEntry('api', [3, 2, 1])), [API], readDestination(to)).problems;

const YAML = `registry: ghcr.io/acme
images: { api: }
deploy:
  - { kustomization: k8s/prod, channel: production }
  - { kustomization: k8s/eu, channel: europe }
`;
const channel = (name: string): Promise<Told> =>
  told(() =>
    chooseChannels(
      { config: loadConfig({ text: YAML, origin: 'image-release.yml' }), images: [], channel: name },
      { ...planOf([]).source, defaultBranch: 'main' },
    ),
  );

const provenance = (commit: string): Told =>
  sourceProblems({ ...API, commit }, {
    platform: 'linux/amd64',
    digest: digestOf(3),
    provenance: { revision: commitOf(2) },
  } as Parameters<typeof sourceProblems>[1]);

export const standingFixes: FollowedFix[] = [
  {
    code: 'deploy/drifted',
    provoke: () => status('main-hotfix'),
    follow(problem) {
      const [command, key, , to] = commandIn(problem, 'image-release');
      expect([command, key]).toEqual(['rollback', 'api']);
      expect(rollback(to!)).toEqual([]);
      return status(to!);
    },
  },
  {
    code: 'deploy/no-history',
    provoke: () => status('main-3333333', SERVED, 'absent'),
    follow({ fix }) {
      expect(fix).toMatch(/^The next deploy begins one/);
      return status('main-3333333', SERVED, 'recorded');
    },
  },
  {
    code: 'deploy/no-such-release',
    provoke: () => rollback('main-2222221'),
    follow({ fix }) {
      const [, near = ''] = /^Did you mean --to (\S+)\?$/.exec(fix) ?? [];
      return rollback(near);
    },
  },
  {
    code: 'deploy/no-such-release',
    variant: 'further back than the record goes',
    provoke: () => rollback('-9'),
    follow({ fix, detail = '' }) {
      expect(fix).toBe('Give --to one of those that are listed.');
      return rollback(detail.split('\n').at(-1)!.split(' ')[0]!);
    },
  },
  {
    code: 'deploy/unknown-channel',
    provoke: () => channel('producton'),
    follow({ fix }) {
      const [, near = ''] = /^Did you mean `(\S+)`\?$/.exec(fix) ?? [];
      return channel(near);
    },
  },
  {
    code: 'deploy/other-source',
    provoke: () => provenance(commitOf(3)),
    follow({ message, fix }) {
      expect(fix).toContain('--source COMMIT');
      const [, commit = ''] = /names commit (\w+), but/.exec(message) ?? [];
      return provenance(commit);
    },
  },
];
