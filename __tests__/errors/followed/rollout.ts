import type { MemoryTargetSpec } from '../../../testing/memory-remote/target.js';
import { loadConfig } from '../../../src/config/load.js';
import { checkDeploy, type DeployRequest } from '../../../src/deploy/deploy.js';
import { noTarget } from '../../../src/release.js';
import { API, planned } from '../../deploy/requests.js';
import { createWorld } from '../../deploy/rollout-world.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';

const FILE = 'k8s/kustomization.yml';
const RELEASED = `sha256:${'a'.repeat(64)}`;

type World = ReturnType<typeof createWorld>;
let world: World;

const released = (
  source = world.source(),
  more: Partial<DeployRequest> = {},
  target: Partial<MemoryTargetSpec> = {},
): Promise<Told> => told(() => world.release(source, more, target));

const registry = (served: string | undefined): DeployRequest['registry'] => ({
  check: 'registry',
  resolve: async () => served,
});
const api = (digest = RELEASED) => ({ rollouts: [{ ...API, releaseTag: 'main-1a2b3c4', digest }] });

/** Allows the release of a commit that isn't newer than the deployed one. */
const ALLOWED = { intent: { type: 'release', order: 'allow-rollback' } } as const;
const anyway = (problem: { fix: string }, source: ReturnType<World['source']>) => {
  expect(problem.fix).toContain('`allow-rollback: true` (--allow-rollback)');
  return released(source, ALLOWED);
};
let source: ReturnType<World['source']>;

const brokenLedger = () => {
  const { objects } = world.remote;
  const files = new Map([['ledger.json', { bytes: Buffer.from('{"version": 1, "images": 3}'), mode: '100644' }]]);
  const oid = objects.write({ parents: [], files: files, message: 'Broken\n' });
  world.remote.move(new Map(world.remote.refs()).set('refs/image-release/main', oid));
};

export const rolloutFixes: FollowedFix[] = [
  {
    code: 'deploy/not-configured',
    provoke: () => noTarget(loadConfig({ text: 'images: { api: }\n', origin: 'image-release.yml' })),
    follow({ fix }) {
      const [, yaml] = /`(deploy: [^`]+)`/.exec(fix) ?? [];
      return noTarget(loadConfig({ text: `images: { api: }\n${yaml}\n`, origin: 'image-release.yml' }));
    },
  },
  {
    code: 'deploy/message-skips-ci',
    async provoke() {
      world = createWorld();
      const deploys = [planned(FILE, 'main', { message: 'deploy {{images}} [skip ci]' })];
      return checkDeploy(world.request(world.source(), { deploys }));
    },
    async follow({ fix }) {
      expect(fix).toMatch(/^Remove it/);
      const deploys = [planned(FILE, 'main', { message: 'deploy {{images}}' })];
      return checkDeploy(world.request(world.source(), { deploys }));
    },
  },
  {
    code: 'deploy/not-pullable',
    async provoke() {
      world = createWorld();
      source = world.source();
      return released(source, { ...api(), registry: registry(undefined) });
    },
    follow({ fix }) {
      expect(fix).toMatch(/^Publish the image under this tag first/);
      return released(source, { ...api(), registry: registry(RELEASED) });
    },
  },
  {
    code: 'deploy/order-unknown',
    async provoke() {
      world = createWorld();
      await world.release(world.source());
      source = world.source('topic');
      return released(source);
    },
    follow: (problem) => anyway(problem, source),
  },
  {
    code: 'deploy/edit-replaced',
    async provoke() {
      world = createWorld();
      await world.release(world.source());
      const text = world.text().replace(/newTag: \S+/, 'newTag: hotfix-7');
      world.remote.land('main', { [FILE]: text });
      return (await world.release(world.source())).warnings;
    },
    steady: (text) => text.replaceAll(/main-[0-9a-f]{10}/g, 'main-1a2b3c4'),
    async follow({ fix }) {
      expect(fix).toContain('leave `api` out of the `images` of this deploy target');
      world.remote.land('main', { [FILE]: world.text().replace(/newTag: \S+/, 'newTag: hotfix-7') });
      const deploys = [{ ...planned(), images: ['frontend'] }];
      const { warnings } = await world.release(world.source(), { deploys });
      expect(world.text()).toContain('hotfix-7');
      return warnings;
    },
  },
  {
    code: 'deploy/ledger-unreadable',
    async provoke() {
      world = createWorld();
      brokenLedger();
      return released();
    },
    follow({ fix }) {
      const [, ref = ''] = /`git push origin :(\S+)`\.$/.exec(fix) ?? [];
      const refs = new Map(world.remote.refs());
      expect(refs.delete(ref)).toBe(true);
      world.remote.move(refs);
      return released();
    },
  },
  {
    code: 'deploy/gave-up',
    async provoke() {
      world = createWorld();
      source = world.source();
      const fault = (operation: string) =>
        operation === 'commit' ? ({ type: 'lost-before-landing' } as const) : undefined;
      return released(source, {}, { fault });
    },
    async follow({ fix }) {
      expect(fix).toMatch(/^Run again later/);
      const after = await released(source);
      expect(world.deployCommits()).toBe(1);
      return after;
    },
    steady: (text) => text.replace(/Image-Release-Id: \S+/g, 'Image-Release-Id: 8b1d6f2c'),
  },
];
