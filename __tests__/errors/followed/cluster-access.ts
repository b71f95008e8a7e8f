import { connectKubectl } from '../../../src/kubernetes/kubectl.js';
import { deleteObjects } from '../../../src/kubernetes/objects.js';
import { clusterProblems } from '../../../src/kubernetes/rights.js';
import { probeCluster } from '../../../src/facts/cluster.js';
import { run } from '../../../src/lib/process.js';
import type { FollowedFix, ProvenElsewhere, Told } from '../followed-fix.js';
import type { ClusterFixture } from './cluster-fixtures.js';
import { commandIn } from './command-in.js';

const GRANTED =
  '__tests__/kubernetes/cluster-facts.lab.test.ts › names all missing rights and prints the Role that grants them';

export const clusterProven: ProvenElsewhere[] = [
  { code: 'cluster/forbidden', provenBy: GRANTED },
  {
    code: 'cluster/stream-cut',
    provenBy: '__tests__/kubernetes/run-pod.lab.test.ts › reports a cut input stream and stops sending',
    followedBy:
      '__tests__/builders/kaniko/faults.lab.test.ts › sends the context again, with a warning, if the stream is cut off',
  },
];

export function accessFixes(scene: () => ClusterFixture): FollowedFix[] {
  const probe = async (env: NodeJS.ProcessEnv) =>
    clusterProblems(await probeCluster({ env, run, uses: ['kaniko'] }), ['kaniko']);
  const secretBy = (env: NodeJS.ProcessEnv, namespace?: string) => scene().create(scene().secret(), env, namespace);
  let kubeconfig: string;
  return [
    {
      code: 'cluster/kubectl',
      provoke: () => secretBy({ ...scene().env(), PATH: '/nowhere' }),
      follow: () => secretBy(scene().env()),
    },
    {
      code: 'cluster/unreachable',
      variant: 'no context',
      async provoke() {
        kubeconfig = await scene().kubeconfig((text) =>
          text.replace('"current-context": "lab"', '"current-context": ""'),
        );
        return probe(scene().env(kubeconfig));
      },
      async follow(problem) {
        expect(problem.fix).toContain('`kubectl config use-context NAME`');
        await scene().kubectl(commandIn(problem, 'kubectl'), '', scene().env(kubeconfig));
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
        const correct = ['config', 'set-cluster', 'lab', `--server=${server}`, '--tls-server-name=localhost'];
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
      code: 'cluster/object-missing',
      variant: 'a namespace',
      provoke: () => secretBy(scene().env(), 'nope'),
      async follow(problem) {
        await scene().kubectl(commandIn(problem, 'kubectl'));
        return secretBy(scene().env(), 'nope');
      },
    },
  ];
}

/** Objects that the API server refuses. */
export function refusalFixes(scene: () => ClusterFixture): FollowedFix[] {
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
      async provoke() {
        await scene().kubectl(['create', '-f', '-'], object('ResourceQuota', { hard: { 'limits.memory': '512Mi' } }));
        return scene().pods(withMemory('2Gi'), 'watched');
      },
      async follow({ fix }) {
        expect(fix).toMatch(/^Set `requests` and `limits` of the builder/);
        return scene().pods(withMemory('256Mi'), 'watched');
      },
    },
    {
      code: 'cluster/policy',
      provoke: () => rootless('strict'),
      async follow({ fix }) {
        expect(fix).toContain('for Kaniko at most `baseline`');
        return rootless('baseline');
      },
    },
    {
      code: 'cluster/object-missing',
      variant: 'a service account',
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
        scene().pods(requests(/must be less than or equal to memory limit of (\w+)/.exec(message)?.[1] ?? '')),
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

async function leftover(scene: ClusterFixture): Promise<Told> {
  const problem = await deleteObjects(connectKubectl({ env: scene.env(), run }), ['secret/left'], {
    withinMs: 2000,
  });
  return problem === undefined ? [] : [problem];
}
