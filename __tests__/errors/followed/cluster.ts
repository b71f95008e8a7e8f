import { expect } from '@jest/globals';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectKubectl } from '../../../src/cluster/kubectl.js';
import { deleteObject } from '../../../src/cluster/made-objects.js';
import { readPodState } from '../../../src/cluster/pod-state.js';
import { POD_LIMITS, watchPod } from '../../../src/cluster/pod-watch.js';
import { clusterProblems } from '../../../src/cluster/rights.js';
import { probeCluster } from '../../../src/facts/cluster.js';
import { run } from '../../../src/lib/process.js';
import { event, pod as podSeen, running } from '../../cluster/pod-scenes.js';
import { commandIn, told, type FixEntry, type Told } from '../followed-fix.js';
import type { ClusterScene } from './cluster-scene.js';

/** Reaching the cluster, and what it permits. */
export function accessFixes(scene: () => ClusterScene): FixEntry[] {
  const probe = async (env: NodeJS.ProcessEnv) =>
    clusterProblems(await probeCluster({ env, run, uses: [] }), 'kaniko');
  const secretBy = (env: NodeJS.ProcessEnv, namespace?: string) =>
    scene().create(scene().secret(), env, namespace);
  let kubeconfig: string;
  let old: string;
  return [
    {
      code: 'cluster/no-kubectl',
      provoke: () => secretBy({ ...scene().env(), PATH: '/nowhere' }),
      follow: () => secretBy(scene().env()),
    },
    {
      code: 'cluster/kubectl-too-old',
      async provoke() {
        old = join(scene().dir, 'old');
        await mkdir(old);
        await writeFile(
          join(old, 'kubectl'),
          '#!/bin/sh\necho "error: unknown flag: --validate" >&2\nexit 1\n',
        );
        await chmod(join(old, 'kubectl'), 0o755);
        return secretBy({ ...scene().env(), PATH: `${old}:${process.env.PATH}` });
      },
      follow: () => secretBy(scene().env()),
    },
    {
      code: 'cluster/no-context',
      async provoke() {
        kubeconfig = await scene().kubeconfig((text) =>
          text.replace('"current-context": "lab"', '"current-context": ""'),
        );
        return probe(scene().env(kubeconfig));
      },
      async follow(problem) {
        const [use, context] = commandIn(problem, 'kubectl').slice(1);
        expect([use, context]).toEqual(['use-context', 'NAME']);
        await scene().kubectl(['config', 'use-context', 'lab'], '', scene().env(kubeconfig));
        return probe(scene().env(kubeconfig));
      },
    },
    {
      code: 'cluster/unreachable',
      async provoke() {
        const { server } = scene().cluster;
        kubeconfig = await scene().kubeconfig((text) => text.replace(server, 'https://127.0.0.1:9'));
        return probe(scene().env(kubeconfig));
      },
      async follow() {
        const { server } = scene().cluster;
        const correct = ['config', 'set-cluster', 'lab', `--server=${server}`];
        await scene().kubectl(correct, '', scene().env(kubeconfig));
        return probe(scene().env(kubeconfig));
      },
    },
    {
      code: 'cluster/unauthorized',
      async provoke() {
        kubeconfig = await scene().kubeconfig((text) => text.replace(/"token": "\w+"/, '"token": "expired"'));
        return secretBy(scene().env(kubeconfig));
      },
      async follow(problem) {
        const whoami = commandIn(problem, 'kubectl');
        const again = await scene().cluster.addUser('ada', 'all');
        await scene().kubectl(whoami, '', scene().env(again));
        return secretBy(scene().env(again));
      },
    },
    {
      code: 'cluster/forbidden',
      provenBy:
        '__tests__/cluster/cluster-facts.test.ts › each missing right is named with the Role that grants it, and with that Role nothing is missing',
    },
    {
      code: 'cluster/fewer-rights',
      provenBy:
        '__tests__/cluster/cluster-facts.test.ts › each missing right is named with the Role that grants it, and with that Role nothing is missing',
    },
    {
      code: 'cluster/namespace-missing',
      provoke: () => secretBy(scene().env(), 'nope'),
      async follow(problem) {
        await scene().kubectl(commandIn(problem, 'kubectl'));
        return secretBy(scene().env(), 'nope');
      },
    },
  ];
}

/** What the API server does not take. */
export function refusalFixes(scene: () => ClusterScene): FixEntry[] {
  const withMemory = (memory: string) => scene().pod({ memory });
  const object = (kind: string, spec: object) =>
    JSON.stringify({ apiVersion: 'v1', kind, metadata: { name: 'team', namespace: 'watched' }, spec });
  const withAccount = () => scene().pod({ more: { serviceAccountName: 'builder' } });
  const requests = (memory: string) => {
    const pod = scene().pod();
    Object.assign(pod.spec.containers[0]!, {
      resources: { requests: { memory }, limits: { memory: '256Mi' } },
    });
    return pod;
  };
  const rootless = (namespace: string) => scene().pods(scene().pod(), namespace);
  return [
    {
      code: 'cluster/quota',
      case: 'more than is left',
      async provoke() {
        await scene().kubectl(
          ['create', '-f', '-'],
          object('ResourceQuota', { hard: { 'limits.memory': '512Mi' } }),
        );
        return scene().pods(withMemory('2Gi'), 'watched');
      },
      async follow({ fix }) {
        expect(fix).toMatch(/^Lower `requests` and `limits` of the builder/);
        return scene().pods(withMemory('256Mi'), 'watched');
      },
    },
    {
      code: 'cluster/quota',
      case: 'an amount that the quota asks for',
      provoke: () => scene().pods(scene().pod(), 'watched'),
      async follow({ fix }) {
        expect(fix).toMatch(/set `requests` and `limits` of the builder for what the message names/);
        const after = await scene().pods(withMemory('256Mi'), 'watched');
        await scene().kubectl(['delete', 'quota/team', '--namespace=watched']);
        return after;
      },
    },
    {
      code: 'cluster/limit-range',
      async provoke() {
        const limits = [{ type: 'Container', max: { memory: '1Gi' } }];
        await scene().kubectl(['create', '-f', '-'], object('LimitRange', { limits }));
        return scene().pods(withMemory('2Gi'), 'watched');
      },
      async follow({ message }) {
        const [, most] = /maximum memory usage per Container is (\w+)/.exec(message) ?? [];
        const after = await scene().pods(withMemory(most ?? ''), 'watched');
        await scene().kubectl(['delete', 'limits/team', '--namespace=watched']);
        return after;
      },
    },
    {
      code: 'cluster/pod-security',
      provoke: () => rootless('strict'),
      async follow({ fix }) {
        expect(fix).toContain('that enforces at most baseline');
        return rootless('baseline');
      },
    },
    {
      code: 'cluster/admission',
      async provoke() {
        const message = 'admission webhook "images.acme.example" denied the request: images must be signed';
        const fault = { type: 'status', code: 403, reason: 'Forbidden', message } as const;
        const match = { verb: 'create', resource: 'pods', namespace: 'watched' };
        scene().cluster.faults.request({ match, times: Infinity, fault });
        return scene().pods(scene().pod(), 'watched');
      },
      async follow({ fix }) {
        expect(fix).toContain('name a `namespace` of the builder that it does not watch');
        const after = await scene().pods(scene().pod(), 'builds');
        scene().cluster.faults.clear();
        return after;
      },
    },
    {
      code: 'cluster/service-account',
      provoke: () => scene().pods(withAccount()),
      async follow(problem) {
        await scene().kubectl([...commandIn(problem, 'kubectl')]);
        return scene().pods(withAccount());
      },
    },
    {
      code: 'cluster/refused',
      provoke: () => scene().pods(requests('1Gi')),
      follow: ({ message }) =>
        scene().pods(
          requests(/must be less than or equal to memory limit of (\w+)/.exec(message)?.[1] ?? ''),
        ),
    },
    {
      code: 'cluster/leftover',
      async provoke() {
        await scene().create({ ...scene().secret(), metadata: { name: 'left' } });
        const fault = { type: 'forbidden' } as const;
        scene().cluster.faults.request({ match: { verb: 'delete', resource: 'secrets' }, fault });
        return leftover(scene());
      },
      async follow(problem) {
        await scene().kubectl(commandIn(problem, 'kubectl'));
        expect(
          scene()
            .cluster.list('Secret', 'builds')
            .map(({ metadata }) => metadata.name),
        ).not.toContain('left');
        return leftover(scene());
      },
    },
  ];
}

async function leftover(scene: ClusterScene): Promise<Told> {
  const problem = await deleteObject(connectKubectl({ env: scene.env(), run }), 'secret/left', {
    withinMs: 2000,
  });
  return problem === undefined ? [] : [problem];
}

/** Pods that do not start. */
export function startFixes(scene: () => ClusterScene): FixEntry[] {
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
      code: 'cluster/image-missing',
      provoke: () => withImage(`${scene().image.replace(/[:@][^/]*$/, '')}:no-such-tag`),
      follow: () => withImage(scene().image),
    },
    {
      code: 'cluster/image-unauthorized',
      provoke: failedPull('pull access denied, repository does not exist or may require authorization'),
      async follow({ fix }) {
        expect(fix).toContain('or name an `image` of the builder that needs none');
        return withImage(scene().image);
      },
    },
    {
      code: 'cluster/image-unreachable',
      provoke: () => withImage('127.0.0.1:9/acme/executor:v1'),
      async follow({ fix }) {
        expect(fix).toContain('in a registry that the nodes reach');
        return withImage(scene().image);
      },
    },
    {
      code: 'cluster/image-pull',
      provoke: failedPull('failed to extract layer sha256:0: unexpected media type text/html'),
      async follow({ fix }) {
        expect(fix).toContain('name another `image` of the builder');
        return withImage(scene().image);
      },
    },
    {
      code: 'cluster/image-name',
      provoke: () => withImage('Bad:::'),
      follow: () => withImage(scene().image),
    },
    {
      code: 'cluster/container-config',
      provoke: fromSecret,
      async follow({ fix }) {
        expect(fix).toContain('Create the secret npm in the namespace of the pod');
        await scene().kubectl(['create', 'secret', 'generic', 'npm', '--from-literal=OTHER=x']);
        const [inner] = await fromSecret();
        expect(inner?.fix).toBe('Give the Secret npm the key TOKEN.');
        await scene().kubectl(['delete', 'secret', 'npm']);
        await scene().kubectl(['create', 'secret', 'generic', 'npm', '--from-literal=TOKEN=x']);
        return fromSecret();
      },
    },
    {
      code: 'cluster/container-start',
      provoke: () => calling('/no/such/program'),
      async follow({ fix }) {
        expect(fix).toContain('`image` of the builder');
        return calling('true');
      },
    },
    {
      code: 'cluster/unschedulable',
      case: 'a selector that no node has',
      provoke: () => selecting({ nodeSelector: { pool: 'builds' } }),
      async follow({ fix }) {
        expect(fix).toContain('Correct `node-selector` of the builder');
        return selecting({ nodeSelector: { 'kubernetes.io/hostname': 'node-1' } });
      },
    },
    {
      code: 'cluster/mount',
      provoke: () => mounted('login'),
      async follow({ fix }) {
        expect(fix).toContain('Create the secret login in the namespace of the pod');
        await scene().kubectl(['create', 'secret', 'generic', 'login', '--from-literal=a=b']);
        return mounted('login');
      },
    },
    {
      code: 'cluster/stuck',
      async provoke() {
        const limits = { ...POD_LIMITS, startMs: 50, eventsMs: 20, againMs: 100, retryMs: 20 };
        return told(() => watchQuietPod(limits));
      },
      async follow(problem) {
        expect(commandIn(problem, 'kubectl')).toEqual(['describe', 'pod', 'build-web']);
        return told(() => watchQuietPod({ ...POD_LIMITS, startMs: 60_000, eventsMs: 20, retryMs: 20 }));
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
      call: async ([, what]) => answer(JSON.stringify(what === 'events' ? { items: [] } : quiet)),
      async stream(_, { onStdout }) {
        const object = Date.now() - began > 200 ? done : quiet;
        onStdout?.(Buffer.from(`${JSON.stringify({ type: 'ADDED', object })}\n`));
        return answer('');
      },
    },
  });
}

/** Pods that do not come to their end. */
export function endFixes(scene: () => ClusterScene): FixEntry[] {
  const sleeping = (more: object = {}) => scene().pods(scene().pod({ script: 'sleep 0.3', more }));
  const struckOnce = (type: 'evicted' | 'node-shutdown' | 'preempted' | 'deleted') => async () => {
    scene().cluster.faults.pod({ fault: { type } });
    return sleeping();
  };
  const again = (fix: RegExp) => async (problem: { fix: string }) => {
    expect(problem.fix).toMatch(fix);
    return sleeping();
  };
  const hungry = (memory: string) =>
    scene().pods(scene().pod({ script: 'x=$(head -c 12000000 /dev/zero | tr "\\\\0" x); true', memory }));
  return [
    {
      code: 'cluster/out-of-memory',
      provoke: () => hungry('8Mi'),
      async follow({ fix }) {
        const [, limit] = /Raise `limits\.memory` of the builder above (\w+),/.exec(fix) ?? [];
        expect(limit).toBe('8Mi');
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
      follow: again(/Set `requests\.ephemeral-storage`/),
    },
    { code: 'cluster/node-lost', provoke: struckOnce('node-shutdown'), follow: again(/^Run again/) },
    { code: 'cluster/preempted', provoke: struckOnce('preempted'), follow: again(/^Run again/) },
    { code: 'cluster/pod-deleted', provoke: struckOnce('deleted'), follow: again(/^Run again/) },
    {
      code: 'cluster/sandbox',
      async provoke() {
        scene().cluster.faults.pod({ fault: { type: 'failed-sandbox' } });
        return sleeping();
      },
      follow: again(/^Run again/),
    },
    {
      code: 'cluster/node-refused',
      provoke: () =>
        seen({ phase: 'Failed', reason: 'OutOfmemory', message: "Node didn't have enough resource: memory" }),
      follow: again(/^Run again/),
    },
    {
      code: 'cluster/stream-cut',
      provenBy:
        '__tests__/build/kaniko/faults.test.ts › a context that is cut off is sent again to another pod, and is never built by half',
      because: 'The timeout of a proxy is not ours to raise; that running again works is shown.',
    },
  ];
}

/** A node that takes a pod on and then finds that it can't: schedulers and kubelets have to disagree for that. */
function seen(status: Parameters<typeof podSeen>[0]): Told {
  const state = readPodState({ pod: podSeen(status), events: [event('Scheduled', 'Assigned to node-1')] });
  expect(readPodState({ pod: podSeen(running), events: [] }).status).toBe('running');
  return state.status === 'failed' ? [state.problem] : [];
}
