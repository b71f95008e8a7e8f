import { readPodState } from '../../../src/kubernetes/pod-state.js';
import { POD_LIMITS, watchPod } from '../../../src/kubernetes/pod-watch.js';
import { event, pod as podSeen, running } from '../../kubernetes/fixtures/pods.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';
import type { ClusterFixture } from './cluster-fixtures.js';
import { commandIn } from './command-in.js';

/** Pods that do not start. */
export function startFixes(scene: () => ClusterFixture): FollowedFix[] {
  const withImage = (image: string) => scene().pods(scene().pod({ image }));
  const failedPull = (message: string) => async () => {
    scene().cluster.faults.pod({ fault: { type: 'image-pull', message } });
    return scene().pods(scene().pod());
  };
  const mounted = (secretName: string) =>
    scene().pods(scene().pod({ more: { volumes: [{ name: 'login', secret: { secretName } }] } }));
  const fromSecret = () => {
    const pod = scene().pod();
    const secretKeyRef = { name: 'npm', key: 'TOKEN' };
    Object.assign(pod.spec.containers[0]!, { env: [{ name: 'TOKEN', valueFrom: { secretKeyRef } }] });
    return scene().pods(pod);
  };
  const calling = (program: string) => {
    const pod = scene().pod();
    Object.assign(pod.spec.containers[0]!, { command: [program] });
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
      code: 'cluster/image',
      variant: 'a program that it does not have',
      provoke: () => calling('/no/such/program'),
      follow: () => calling('true'),
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
    {
      code: 'cluster/object-missing',
      variant: 'of a volume',
      provoke: () => mounted('login'),
      async follow({ message }) {
        expect(message).toContain('secret "login" not found');
        await scene().kubectl(['create', 'secret', 'generic', 'login', '--from-literal=a=b']);
        return mounted('login');
      },
    },
    {
      code: 'cluster/pod-not-started',
      variant: 'no reason',
      async provoke() {
        const limits = { ...POD_LIMITS, startMs: 50, waitingMs: 20 };
        return told(() => watchQuietPod(limits));
      },
      async follow(problem) {
        await scene().kubectl(commandIn(problem, 'kubectl'));
        return told(() => watchQuietPod({ ...POD_LIMITS, startMs: 60_000, waitingMs: 20 }));
      },
    },
  ];
}

/** A pod that says nothing of why it waits, and runs at last: `describe` shows that it only takes long. */
async function watchQuietPod(limits: typeof POD_LIMITS): Promise<void> {
  const began = Date.now();
  const quiet = podSeen({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] });
  const done = podSeen({
    phase: 'Succeeded',
    containerStatuses: [{ name: 'kaniko', state: { terminated: { exitCode: 0 } } }],
  });
  const answer = (text: string) => ({ code: 0, stdout: Buffer.from(text), stderr: Buffer.from('') });
  await watchPod({
    name: 'build-web',
    container: 'kaniko',
    limits,
    signal: new AbortController().signal,
    onState: () => {},
    onOutage: () => {},
    kubectl: {
      async call([, what]) {
        if (what === 'events') return answer(JSON.stringify({ items: [] }));
        return answer(JSON.stringify(Date.now() - began > 200 ? done : quiet));
      },
      stream: () => Promise.reject(new Error('not used')),
    },
  }).ended;
}

/** Pods that do not come to their end. */
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
    {
      code: 'cluster/pod-lost',
      variant: 'priority',
      provoke: struckOnce('preempted'),
      follow: again(/^Run again/),
    },
    { code: 'cluster/pod-deleted', provoke: struckOnce('deleted'), follow: again(/^Run again/) },
    {
      code: 'cluster/pod-not-started',
      async provoke() {
        scene().cluster.faults.pod({ fault: { type: 'failed-sandbox' } });
        return sleeping();
      },
      follow: again(/^Run again/),
    },
    {
      code: 'cluster/pod-lost',
      variant: 'a node that refuses it',
      provoke: () =>
        seen({ phase: 'Failed', reason: 'OutOfmemory', message: "Node didn't have enough resource: memory" }),
      follow: again(/^Run again/),
    },
  ];
}

/** A node that takes a pod on and then finds that it can't: schedulers and kubelets have to disagree for that. */
function seen(status: Parameters<typeof podSeen>[0]): Told {
  const state = readPodState({ pod: podSeen(status), events: [event('Scheduled', 'Assigned to node-1')] });
  expect(readPodState({ pod: podSeen(running), events: [] }).status).toBe('running');
  return state.status === 'failed' ? [state.problem] : [];
}
