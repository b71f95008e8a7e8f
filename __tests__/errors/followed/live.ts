import { liveProblems } from '../../../src/live/problems.js';
import { judgeImage } from '../../../src/live/workloads.js';
import type { ClusterReading } from '../../../src/live/objects.js';
import type { KubeObject } from '../../../testing/fake-cluster/objects.js';
import { EXPECTED, LOG, SCENARIOS } from '../../live/scenarios.js';
import type { FollowedFix, Told } from '../followed-fix.js';
import { commandIn } from './command-in.js';

const objectsOf = (title: string) => SCENARIOS.find((scenario) => scenario.title === title)!.objects;
const HEALTHY = objectsOf('healthy');

function live(
  objects: readonly KubeObject[],
  more: { waited?: number; missing?: ClusterReading['unreadable'] } = {},
): Told {
  const of = (kind: string) => objects.filter((object) => object.kind === kind) as never[];
  const gitops = { applications: of('Application'), kustomizations: of('Kustomization') };
  const reading = { workloads: of('Deployment'), pods: of('Pod'), ...gitops, unreadable: more.missing ?? [] };
  const { logOf, ...image } = judgeImage(EXPECTED, reading);
  const { outcome } = image;
  const read = logOf && outcome.status === 'failed' ? { ...image, outcome: { ...outcome, log: LOG } } : image;
  return liveProblems([read], more.waited);
}

export const liveFixes: FollowedFix[] = [
  {
    code: 'live/failed',
    provoke: () => live(objectsOf('a container that crashes repeatedly')),
    follow(problem) {
      expect(commandIn(problem, 'image-release')).toEqual(['rollback', 'api', '--channel', 'main']);
      return live(HEALTHY);
    },
  },
  {
    code: 'live/timeout',
    provoke: () => live(objectsOf('a rollout in progress'), { waited: 600_000 }),
    follow(problem) {
      expect(commandIn(problem, 'image-release')).toEqual(['status', 'api', '--live', '--channel', 'main']);
      return live(HEALTHY, { waited: 600_000 });
    },
  },
  {
    code: 'live/unknown',
    provoke: () =>
      live([], {
        missing: [
          {
            resource: 'deployments.apps',
            reason: 'the right to list deployments.apps in the namespace acme is missing',
          },
        ],
      }),
    follow({ message, fix }) {
      expect(message).toContain('the right to list deployments.apps in the namespace acme is missing');
      expect(fix).toContain('`image-release doctor` prints the Role');
      return live(HEALTHY);
    },
  },
];
