import { probeDocker, type DockerFacts } from '../../../src/facts/docker.js';
import { run } from '../../../src/lib/process.js';
import { withCheckout } from '../../preflight/fixtures.js';
import type { FollowedFix } from '../followed-fix.js';
import { chosen } from './build-tools.js';

/** Uses a separate HOME, because buildx writes into it. */
const probed = (env: NodeJS.ProcessEnv): Promise<DockerFacts> =>
  withCheckout({}, (home) => probeDocker({ env: { PATH: process.env['PATH'], HOME: home, ...env }, run }));

export const dockerFixes: FollowedFix[] = [
  {
    code: 'build/docker-missing',
    provoke: async () => chosen(await probed({ PATH: '/nowhere' })),
    follow: async () => chosen(await probed({ DOCKER_HOST: process.env['DOCKER_HOST'] })),
  },
  {
    code: 'build/daemon-unreachable',
    provoke: async () => chosen(await probed({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })),
    follow: async () => chosen(await probed({ DOCKER_HOST: process.env['DOCKER_HOST'] })),
  },
  {
    code: 'build/builder-unusable',
    provoke: async () => chosen(await probed({ DOCKER_HOST: process.env['DOCKER_HOST'], BUILDX_BUILDER: 'gone' })),
    follow: async ({ fix }) => {
      expect(fix).toContain('unset BUILDX_BUILDER');
      return chosen(await probed({ DOCKER_HOST: process.env['DOCKER_HOST'] }));
    },
  },
];
