import { type FollowedFix } from '../followed-fix.js';
import type { ClusterFixture } from './cluster-fixtures.js';

export function startFixes(scene: () => ClusterFixture): FollowedFix[] {
  const withImage = (image: string) => scene().pods(scene().pod({ image }));
  const failedPull = (message: string) => async () => {
    scene().cluster.faults.pod({ fault: { type: 'image-pull', message } });
    return scene().pods(scene().pod());
  };
  const fromSecret = () => {
    const pod = scene().pod();
    const secretKeyRef = { name: 'npm', key: 'TOKEN' };
    Object.assign(pod.spec.containers[0]!, { env: [{ name: 'TOKEN', valueFrom: { secretKeyRef } }] });
    return scene().pods(pod);
  };
  const selecting = (more: object) => scene().pods(scene().pod({ more }));
  return [
    {
      code: 'cluster/image',
      provoke: () => withImage(`${scene().image.replace(/[:@][^/]*$/, '')}:no-such-tag`),
      async follow({ fix }) {
        expect(fix).toMatch(/^Correct `image` of the builder/);
        return withImage(scene().image);
      },
    },
    {
      code: 'cluster/image',
      variant: 'a login',
      provoke: failedPull('pull access denied, repository does not exist or may require authorization'),
      async follow({ fix }) {
        expect(fix).toContain('give the service account of the pod an image pull secret');
        return withImage(scene().image);
      },
    },
    {
      code: 'cluster/image',
      variant: 'an unreachable registry',
      provoke: () => withImage('127.0.0.1:9/acme/executor:v1'),
      async follow({ fix }) {
        expect(fix).toContain('Use a registry that the nodes reach');
        return withImage(scene().image);
      },
    },
    {
      code: 'cluster/object-missing',
      provoke: fromSecret,
      async follow({ fix }) {
        expect(fix).toMatch(/^Create it in the namespace of the pod/);
        await scene().kubectl(['create', 'secret', 'generic', 'npm', '--from-literal=TOKEN=x']);
        return fromSecret();
      },
    },
    {
      code: 'cluster/unschedulable',
      provoke: () => selecting({ nodeSelector: { pool: 'builds' } }),
      async follow({ fix }) {
        expect(fix).toContain('correct its `node-selector`');
        return selecting({ nodeSelector: { 'kubernetes.io/hostname': 'node-1' } });
      },
    },
  ];
}

/** Pods that start and don't finish. */
export function endFixes(scene: () => ClusterFixture): FollowedFix[] {
  const sleeping = (more: object = {}) => scene().pods(scene().pod({ script: 'sleep 0.3', more }));
  const struckOnce = (type: 'evicted' | 'node-shutdown' | 'preempted' | 'deleted') => async () => {
    scene().cluster.faults.pod({ fault: { type, after: { logs: /up/ } } });
    return scene().pods(scene().pod({ script: 'sleep 0.2; echo up; sleep 5' }));
  };
  const again = (fix: RegExp) => async (problem: { fix: string }) => {
    expect(problem.fix).toMatch(fix);
    return sleeping();
  };
  const hungry = (memory: string) =>
    scene().pods(scene().pod({ script: 'x=$(head -c 24000000 /dev/zero | tr "\\\\0" x); true', memory }));
  return [
    {
      code: 'cluster/out-of-memory',
      provoke: () => hungry('16Mi'),
      async follow({ fix }) {
        const [, limit] = /Raise `limits\.memory` of the builder above (\w+),/.exec(fix) ?? [];
        expect(limit).toBe('16Mi');
        return hungry('128Mi');
      },
    },
    {
      code: 'cluster/deadline',
      provoke: () => scene().pods(scene().pod({ script: 'sleep 5', more: { activeDeadlineSeconds: 1 } })),
      async follow({ fix }) {
        expect(fix).toContain('Raise `timeout` of the builder');
        return sleeping({ activeDeadlineSeconds: 60 });
      },
    },
    {
      code: 'cluster/evicted',
      provoke: struckOnce('evicted'),
      follow: again(/^Set `requests` of the builder/),
    },
    { code: 'cluster/pod-lost', provoke: struckOnce('node-shutdown'), follow: again(/^Run again/) },
    { code: 'cluster/pod-deleted', provoke: struckOnce('deleted'), follow: again(/^Run again/) },
    {
      code: 'cluster/pod-not-started',
      async provoke() {
        scene().cluster.faults.pod({ fault: { type: 'failed-sandbox' } });
        return sleeping();
      },
      follow: again(/^Run again/),
    },
  ];
}
