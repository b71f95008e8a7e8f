import type { ProblemTable } from '../problem-catalogue.js';

/** Kubernetes: access to a cluster, what it permits, and pods that fail; build contexts that are sent there. */
export const CLUSTER_PROBLEMS = {
  'cluster/kubectl': {
    cause: 'kubectl is missing or too old.',
    fix: 'Install kubectl 1.27 or newer (https://kubernetes.io/docs/tasks/tools/), at most one version away from the cluster, or use a builder that needs no cluster.',
  },
  'cluster/unreachable': {
    cause: "kubectl has no cluster to use, or the cluster's API server does not answer.",
    fix: 'Check `kubectl version`: the address in the kubeconfig, the network, a VPN, the certificate.',
  },
  'cluster/unauthorized': {
    cause: 'The cluster does not accept the login, mostly because a token has expired.',
    fix: 'Log in to the cluster again, then check with `kubectl auth whoami`.',
  },
  'cluster/forbidden': {
    cause:
      'The user or service account lacks rights in the namespace. As a warning: rights that only explain failures.',
    fix: 'Let an administrator run `kubectl apply -f -` with the Role and RoleBinding that `image-release doctor` prints.',
  },
  'cluster/object-missing': {
    cause: 'The namespace, or a service account, secret, key or ConfigMap that the pod names, does not exist.',
    fix: 'Create it in the namespace of the pod, or correct its name in the configuration. A registry login has the key `.dockerconfigjson`.',
  },
  'cluster/quota': {
    cause: 'A ResourceQuota or LimitRange of the namespace does not permit the pod.',
    fix: 'Set `requests` and `limits` of the builder within what the message names (`builder: { type: kaniko, limits: { memory: 2Gi } }`), or run fewer pods at once (`parallel`).',
  },
  'cluster/policy': {
    cause: 'A Pod Security Standard or another policy of the cluster does not permit the pod.',
    fix: 'Name a `namespace` of the builder whose policies permit it (for Kaniko at most `baseline`), or use a builder outside the cluster.',
  },
  'cluster/refused': {
    cause: 'The cluster refused a request for another reason.',
    fix: "Do what the cluster's message says.",
  },
  'cluster/image': {
    cause: "The node can't pull the image of the pod, or not start it.",
    fix: 'Correct `image` of the builder: it must exist for the architecture of the node and be an executor of Kaniko or a BuildKit. Use a registry that the nodes reach; if it needs a login, give the service account of the pod an image pull secret.',
  },
  'cluster/unschedulable': {
    cause: 'No node takes the pod: too little is free, or taints and selectors do not match.',
    fix: 'Lower `requests` of the builder, correct its `node-selector`, add `tolerations`, or add a node.',
  },
  'cluster/pod-not-started': {
    cause: "The node can't set up the pod, because its network or a volume fails, or it gives no reason.",
    fix: 'Run again. If it happens again, show the message to the administrator of the cluster.',
  },
  'cluster/out-of-memory': {
    cause: 'The container was killed because it used more memory than its limit, or than the node has.',
    fix: 'Set `requests.memory` of the builder to what the build needs, so that a node with enough is chosen; raise `limits.memory` if one is set.',
  },
  'cluster/evicted': {
    cause: 'The node evicted the pod, because disk or memory ran short or a limit was exceeded.',
    fix: 'Set `requests` of the builder for what ran short, so that a node with enough is chosen; raise `limits` if one was exceeded.',
  },
  'cluster/pod-lost': {
    cause:
      'The pod was lost: its node went away or refused it, or a pod of higher priority took its place. As a warning: the image was built in another pod.',
    fix: 'Run again. If nodes come and go (spot, autoscaling), choose others with `node-selector` of the builder.',
  },
  'cluster/pod-deleted': {
    cause: 'Something or someone else deleted the pod.',
    fix: 'Run again. If it happens again, look for jobs that clean up the namespace.',
  },
  'cluster/deadline': {
    cause: 'The pod took longer than its deadline.',
    fix: 'Raise `timeout` of the builder, in minutes: `builder: { type: kaniko, timeout: 90 }`.',
  },
  'cluster/stream-cut': {
    cause: 'The connection to the pod was cut before all of the build context was sent, twice.',
    fix: 'Run again. Behind a proxy or load balancer that cuts long connections, raise its idle timeout.',
  },
  'cluster/leftover': {
    cause: 'An object that was created for the run could not be deleted.',
    fix: 'Delete it with the command that the message shows.',
  },
  'build/context-unreadable': {
    cause: "Files of a build context can't be read, so it can't be sent to the builder.",
    fix: 'Correct their permissions, or leave them out with a .dockerignore.',
  },
  'build/context-changed': {
    cause: 'A file changed while the build context was sent: the image would be made of neither state.',
    fix: 'Build when nothing writes there, or leave it out with a .dockerignore.',
  },
} as const satisfies ProblemTable;
