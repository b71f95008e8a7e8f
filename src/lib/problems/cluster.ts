/** Kubernetes: access to a cluster, what it permits, and pods that fail; build contexts that are sent there. */
export const CLUSTER_PROBLEMS = {
  'cluster/kubectl':
    'Install kubectl 1.27 or newer (https://kubernetes.io/docs/tasks/tools/), at most one version away from the cluster, or use a builder that needs no cluster.',
  'cluster/unreachable': 'Check `kubectl version`: the address in the kubeconfig, the network, a VPN, the certificate.',
  'cluster/unauthorized': 'Log in to the cluster again, then check with `kubectl auth whoami`.',
  'cluster/forbidden':
    'Let an administrator run `kubectl apply -f -` with the Role and RoleBinding that `image-release doctor` prints.',
  'cluster/object-missing':
    'Create it in the namespace of the pod, or correct its name in the configuration. A registry login has the key `.dockerconfigjson`.',
  'cluster/quota':
    'Set `requests` and `limits` of the builder within what the message names (`builder: { type: kaniko, limits: { memory: 2Gi } }`), or run fewer pods at once (`parallel`).',
  'cluster/policy':
    'Name a `namespace` of the builder whose policies permit it (for Kaniko at most `baseline`), or use a builder outside the cluster.',
  'cluster/refused': "Do what the cluster's message says.",
  'cluster/image':
    'Correct `image` of the builder: it must exist for the architecture of the node and be an executor of Kaniko or a BuildKit. Use a registry that the nodes reach; if it needs a login, give the service account of the pod an image pull secret.',
  'cluster/unschedulable':
    'Lower `requests` of the builder, correct its `node-selector`, add `tolerations`, or add a node.',
  'cluster/pod-not-started': 'Run again. If it happens again, show the message to the administrator of the cluster.',
  'cluster/out-of-memory':
    'Set `requests.memory` of the builder to what the build needs, so that a node with enough is chosen; raise `limits.memory` if one is set.',
  'cluster/evicted':
    'Set `requests` of the builder for what ran short, so that a node with enough is chosen; raise `limits` if one was exceeded.',
  'cluster/pod-lost':
    'Run again. If nodes come and go (spot, autoscaling), choose others with `node-selector` of the builder.',
  'cluster/pod-deleted': 'Run again. If it happens again, look for jobs that clean up the namespace.',
  'cluster/deadline': 'Raise `timeout` of the builder, in minutes: `builder: { type: kaniko, timeout: 90 }`.',
  'cluster/stream-cut':
    'Run again. Behind a proxy or load balancer that cuts long connections, raise its idle timeout.',
  'cluster/leftover': 'Delete it with the command that the message shows.',
  'build/context-unreadable': 'Correct their permissions, or leave them out with a .dockerignore.',
  'build/context-changed': 'Build when nothing writes there, or leave it out with a .dockerignore.',
};
