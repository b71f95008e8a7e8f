import type { ProblemTable } from './table.js';

/** Kubernetes: reaching a cluster, what it permits, and pods that do not come to their end. */
export const CLUSTER_PROBLEMS = {
  'cluster/no-kubectl': {
    exit: 1,
    cause: 'The program kubectl is not on PATH.',
    fix: 'Install kubectl, or take a builder that needs no cluster.',
  },
  'cluster/kubectl-too-old': {
    exit: 1,
    cause: 'kubectl does not know an option that is needed.',
    fix: 'Install kubectl 1.27 or newer, not more than one version away from that of the cluster.',
  },
  'cluster/no-context': {
    exit: 1,
    cause:
      'kubectl has no cluster to talk to: no kubeconfig, no current context, or one that does not exist.',
    fix: 'Choose one of `kubectl config get-contexts` with `kubectl config use-context NAME`, or set KUBECONFIG.',
  },
  'cluster/unreachable': {
    exit: 1,
    cause: "The cluster's API server does not answer, or stayed away for too long.",
    fix: 'Check `kubectl version`: the address in the kubeconfig, the network, a VPN, the certificate.',
  },
  'cluster/unauthorized': {
    exit: 1,
    cause: 'The cluster does not accept the credentials of the kubeconfig; mostly a token has expired.',
    fix: 'Log in to the cluster again, then check with `kubectl auth whoami`.',
  },
  'cluster/forbidden': {
    exit: 1,
    cause: 'The user or service account lacks rights in the namespace.',
    fix: 'Let an administrator apply the Role and RoleBinding that the message shows: `kubectl apply -f -`.',
  },
  'cluster/fewer-rights': {
    exit: 1,
    cause: 'Rights that only serve to explain failures or to tidy up are missing.',
    fix: 'Grant them with the Role that the message shows, or go without.',
  },
  'cluster/namespace-missing': {
    exit: 1,
    cause: 'The namespace does not exist, or is being deleted.',
    fix: 'Create it with `kubectl create namespace NAME`, or name another one: `builder: { type: kaniko, namespace: builds }`.',
  },
  'cluster/quota': {
    exit: 1,
    cause:
      'The pod would exceed a ResourceQuota of the namespace, or lacks an amount that the quota asks for.',
    fix: 'Lower `requests` and `limits` of the builder (`builder: { type: kaniko, limits: { memory: 2Gi } }`), run fewer pods at once (`parallel`), or let the quota be raised.',
  },
  'cluster/limit-range': {
    exit: 1,
    cause: 'A LimitRange of the namespace refuses the amounts that the pod asks for.',
    fix: 'Set `requests` and `limits` of the builder within the range that the message names.',
  },
  'cluster/pod-security': {
    exit: 1,
    cause: 'The Pod Security Standard that the namespace enforces refuses the pod.',
    fix: 'Use a namespace that enforces at most `baseline`, or another builder.',
  },
  'cluster/admission': {
    exit: 1,
    cause: 'A policy of the cluster (an admission webhook or policy) refused the pod.',
    fix: 'Do what the message of the policy says, or use a namespace that it does not watch.',
  },
  'cluster/service-account': {
    exit: 1,
    cause: 'The service account of the pod does not exist.',
    fix: 'Create it with `kubectl create serviceaccount NAME`, or correct `service-account` of the builder.',
  },
  'cluster/refused': {
    exit: 1,
    cause: 'The cluster refused a request for a reason of its own.',
    fix: "Do what the cluster's message says.",
  },
  'cluster/image-unauthorized': {
    exit: 1,
    cause: 'The node may not pull the image of the pod.',
    fix: 'Give the service account of the pod an image pull secret, or name an image that needs no login: `builder: { type: kaniko, image: REF }`.',
  },
  'cluster/image-missing': {
    exit: 1,
    cause: 'The image of the pod does not exist, or not for the architecture of the node.',
    fix: 'Correct `image` of the builder: `builder: { type: kaniko, image: REF }`.',
  },
  'cluster/image-unreachable': {
    exit: 1,
    cause: 'The node can not reach the registry of the image of the pod.',
    fix: 'Use a registry that the nodes reach (a mirror) in `image` of the builder.',
  },
  'cluster/image-pull': {
    exit: 1,
    cause: 'The node could not pull the image of the pod.',
    fix: 'Do what the message of the node says, or name another `image` in the settings of the builder.',
  },
  'cluster/image-name': {
    exit: 1,
    cause: 'The image of the pod is no valid reference.',
    fix: 'Correct `image` of the builder: `builder: { type: kaniko, image: REF }`.',
  },
  'cluster/container-config': {
    exit: 1,
    cause:
      'The container can not be made: a secret or ConfigMap that it names is missing, or a setting is invalid.',
    fix: 'Create what the message names, with the key that it asks for.',
  },
  'cluster/container-start': {
    exit: 1,
    cause: 'The container runtime could not start the container.',
    fix: 'Check `image` of the builder, and whether it is made for the architecture of the node.',
  },
  'cluster/unschedulable': {
    exit: 1,
    cause: 'No node takes the pod: too little free, or taints and selectors that do not match.',
    fix: 'Lower `requests`, correct `node-selector`, add `tolerations`, or add a node.',
  },
  'cluster/mount': {
    exit: 1,
    cause: 'A volume of the pod can not be mounted.',
    fix: 'Create the secret, ConfigMap or volume that the message names.',
  },
  'cluster/sandbox': {
    exit: 1,
    cause: 'The node can not set up the pod; mostly its network plugin fails.',
    fix: 'Run again; when it persists, show the message to the administrator of the cluster.',
  },
  'cluster/out-of-memory': {
    exit: 1,
    cause: 'The container was killed because it used more memory than its limit, or than the node has.',
    fix: 'Raise the limit and the request of the builder: `builder: { type: kaniko, requests: { memory: 4Gi }, limits: { memory: 4Gi } }`.',
  },
  'cluster/evicted': {
    exit: 1,
    cause: 'The node threw the pod out, because disk or memory ran short or a limit was exceeded.',
    fix: 'Set `requests` for what ran short, so that a node with enough is chosen; raise `limits` if one was exceeded.',
  },
  'cluster/node-lost': {
    exit: 1,
    cause: 'The node that ran the pod went away: it was shut down, drained or is not reachable.',
    fix: 'Run again; on nodes that come and go (spot) choose others with `node-selector`.',
  },
  'cluster/node-refused': {
    exit: 1,
    cause: 'The node to which the pod was assigned did not take it.',
    fix: 'Run again: another node may be chosen. When it persists, lower `requests`.',
  },
  'cluster/preempted': {
    exit: 1,
    cause: 'The pod had to make way for one of higher priority.',
    fix: 'Run again when the cluster has room, or let the namespace have a higher default priority.',
  },
  'cluster/deadline': {
    exit: 1,
    cause: 'The pod took longer than it may.',
    fix: 'Raise it, in minutes: `builder: { type: kaniko, timeout: 90 }`.',
  },
  'cluster/pod-deleted': {
    exit: 1,
    cause: 'Somebody or something else deleted the pod.',
    fix: 'Run again; look for jobs that clean up the namespace.',
  },
  'cluster/stuck': {
    exit: 1,
    cause: 'The pod did not start in time, and the cluster gives no reason.',
    fix: 'Run again, and look at the pod with `kubectl describe pods --selector=app.kubernetes.io/managed-by=image-release` while it waits.',
  },
  'cluster/stream-cut': {
    exit: 1,
    cause: 'The connection through which the pod gets its input was cut before everything was delivered.',
    fix: 'Run again; behind a proxy that cuts long connections raise its idle timeout.',
  },
  'cluster/leftover': {
    exit: 1,
    cause: 'Something that was made in the cluster for the run could not be removed.',
    fix: 'Remove it with the command that the message shows.',
  },
} as const satisfies ProblemTable;
