import type { Pod, PodEvent } from '../../src/kubernetes/pod.js';
import { ended, event, pod, unscheduled, waiting } from './pod-scenes.js';

export interface PodCase {
  title: string;
  pod: Pod;
  events?: PodEvent[];
  gone?: boolean;
  code: string;
  says: string;
  fix: string;
  /** Seconds; undefined: it is over. */
  patience?: number;
}

const NOT_FOUND =
  'failed to pull and unpack image "ghcr.io/acme/executor:v1": failed to resolve reference "ghcr.io/acme/executor:v1": ghcr.io/acme/executor:v1: not found';
const DENIED =
  'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed';

export const PENDING_CASES: PodCase[] = [
  {
    title: 'an image that does not exist',
    pod: pod(waiting('ErrImagePull', NOT_FOUND)),
    code: 'cluster/image-missing',
    says: "can't pull ghcr.io/acme/executor:v1: the registry has no such image",
    fix: 'Correct `image`',
    patience: 45,
  },
  {
    title: 'an image that wants a login, told by an event while the kubelet backs off',
    pod: pod(waiting('ImagePullBackOff', 'Back-off pulling image "ghcr.io/acme/executor:v1"')),
    events: [
      event('Failed', `Failed to pull image "ghcr.io/acme/executor:v1": rpc error: ${DENIED}`),
      event('BackOff', 'Back-off pulling image "ghcr.io/acme/executor:v1"'),
    ],
    code: 'cluster/image-unauthorized',
    says: 'the registry wants a login, or there is no such image',
    fix: 'image pull secret',
    patience: 45,
  },
  {
    title: 'a newer kubelet that names the cause while it backs off',
    pod: pod(waiting('ImagePullBackOff', `Back-off pulling image "x": ErrImagePull: ${NOT_FOUND}`)),
    code: 'cluster/image-missing',
    says: 'the registry has no such image (ghcr.io/acme/executor:v1: not found)',
    fix: 'Correct `image`',
    patience: 45,
  },
  {
    title: 'a registry that the node does not reach',
    pod: pod(waiting('ErrImagePull', 'dial tcp: lookup ghcr.io on 10.0.0.2:53: no such host')),
    code: 'cluster/image-unreachable',
    says: 'it does not reach the registry',
    fix: 'mirror',
    patience: 120,
  },
  {
    title: 'an image for another architecture',
    pod: pod(waiting('ErrImagePull', 'no match for platform in manifest: not found')),
    code: 'cluster/image-missing',
    says: 'not made for the architecture of the node',
    fix: 'node-selector',
    patience: 0,
  },
  {
    title: 'an image name that is none',
    pod: pod(
      waiting('InvalidImageName', 'Failed to apply default image tag "Bad:::": invalid reference format'),
    ),
    code: 'cluster/image-name',
    says: 'is no valid image reference',
    fix: 'Correct `image`',
    patience: 0,
  },
  {
    title: 'a secret that is missing from the environment',
    pod: pod(waiting('CreateContainerConfigError', 'secret "ghcr-push" not found')),
    code: 'cluster/container-config',
    says: 'secret "ghcr-push" not found',
    fix: 'Create the secret ghcr-push in the namespace',
    patience: 20,
  },
  {
    title: 'a key that is missing from a secret',
    pod: pod(waiting('CreateContainerConfigError', "couldn't find key TOKEN in Secret builds/npm")),
    code: 'cluster/container-config',
    says: 'TOKEN',
    fix: 'Give the Secret npm the key TOKEN',
    patience: 20,
  },
  {
    title: 'a runtime that can not start the container',
    pod: pod(
      ended(128, 'StartError', 'exec: "/kaniko/executor": stat /kaniko/executor: no such file or directory'),
    ),
    code: 'cluster/container-start',
    says: 'no such file or directory',
    fix: 'Check `image`',
  },
  {
    title: 'too little free',
    pod: pod(
      unscheduled(
        '0/3 nodes are available: 1 Insufficient cpu, 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
      ),
      { node: '' },
    ),
    code: 'cluster/unschedulable',
    says: 'No node takes the pod build-web: 0/3 nodes are available: 1 Insufficient cpu, 3 Insufficient memory.',
    fix: 'Lower `requests.cpu` of the builder, or add a node with more processors free. Lower `requests.memory`',
    patience: 300,
  },
  {
    title: 'too little free, in the words of Kubernetes 1.36',
    pod: pod(
      unscheduled(
        '0/1 nodes are available: 1 Insufficient memory. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
      ),
      { node: '' },
    ),
    code: 'cluster/unschedulable',
    says: 'No node takes the pod build-web: 0/1 nodes are available: 1 Insufficient memory.',
    fix: 'Lower `requests.memory` of the builder, or add a node with more memory free.',
    patience: 300,
  },
  {
    title: 'taints and selectors that do not match',
    pod: pod(
      unscheduled(
        "0/2 nodes are available: 1 node(s) had untolerated taint {builds: true}, 1 node(s) didn't match Pod's node affinity/selector.",
      ),
      { node: '' },
    ),
    code: 'cluster/unschedulable',
    says: 'untolerated taint {builds: true}',
    fix: 'Name the taint in `tolerations`',
    patience: 300,
  },
  {
    title: 'a secret whose volume can not be mounted',
    pod: pod(waiting('ContainerCreating')),
    events: [
      event('Scheduled', 'Successfully assigned builds/build-web to node-1'),
      event('FailedMount', 'MountVolume.SetUp failed for volume "registry" : secret "ghcr-push" not found'),
    ],
    code: 'cluster/mount',
    says: 'volume "registry" : secret "ghcr-push" not found',
    fix: 'Create the secret ghcr-push',
    patience: 20,
  },
  {
    title: 'a login that lies under the wrong key',
    pod: pod(waiting('ContainerCreating')),
    events: [
      event(
        'FailedMount',
        'MountVolume.SetUp failed for volume "registry" : references non-existent secret key: .dockerconfigjson',
      ),
    ],
    code: 'cluster/mount',
    says: 'non-existent secret key: .dockerconfigjson',
    fix: 'the key .dockerconfigjson: a secret made by `kubectl create secret docker-registry`',
    patience: 20,
  },
  {
    title: 'a disk that hangs on another node',
    pod: pod(waiting('ContainerCreating')),
    events: [event('FailedAttachVolume', 'Multi-Attach error for volume "pvc-1" Volume is already used')],
    code: 'cluster/mount',
    says: 'Multi-Attach error',
    fix: 'kubectl describe pvc',
    patience: 300,
  },
  {
    title: 'a network plugin that fails',
    pod: pod(waiting('ContainerCreating')),
    events: [
      event(
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: plugin type="calico" failed (add): timeout',
      ),
    ],
    code: 'cluster/sandbox',
    says: "The node can't set up the pod build-web",
    fix: 'network plugin',
    patience: 120,
  },
];
