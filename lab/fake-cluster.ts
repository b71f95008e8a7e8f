import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startFakeCluster } from '../testing/fake-cluster/cluster.js';
import { createLabDirectory } from './lab-directory.js';
import { ensureDebianPackages } from './packages.js';

const USAGE = `npm run lab -- fake-cluster [DOCKER_HOST] [options]

Answers kubectl as a cluster does. Its pods run as containers of the Docker daemon at DOCKER_HOST (default: the
variable of that name).

  --namespace NAME     of the kubeconfig's context; default: default
  --enforce LEVEL      Pod Security Standard of that namespace: baseline, restricted
  --host-network       containers reach what listens on this machine's 127.0.0.1`;

export async function program(args: string[]): Promise<string[]> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      namespace: { type: 'string', default: 'default' },
      enforce: { type: 'string' },
      'host-network': { type: 'boolean', default: false },
    },
  });
  const dockerHost = positionals[0] ?? process.env.DOCKER_HOST;
  if (!dockerHost) throw new Error(USAGE);
  await ensureDebianPackages(['kubernetes-client']);
  const dir = await createLabDirectory();
  const labels: Record<string, string> = values.enforce ? { 'pod-security.kubernetes.io/enforce': values.enforce } : {};
  const cluster = await startFakeCluster({
    dir: join(dir, 'cluster'),
    dockerHost,
    namespace: values.namespace,
    namespaces: { [values.namespace]: labels },
    network: values['host-network'] ? 'host' : 'bridge',
    log: (line) => console.error(line),
  });
  return [`export KUBECONFIG=${cluster.kubeconfig}`];
}
