import type { Toleration } from 'kubernetes-types/core/v1.js';
import { type StoredPod, parseQuantity } from '../objects.js';

export interface FakeNode {
  name: string;
  /** Besides `kubernetes.io/os`, `arch` and `hostname`. */
  labels?: Record<string, string>;
  taints?: readonly Taint[];
  /** Default: as much as anybody asks for. */
  cpu?: string;
  memory?: string;
  /** As pods select it: `amd64` (default), `arm64`. Containers run on this machine all the same. */
  arch?: string;
}

export interface Taint {
  key: string;
  value?: string;
  effect: 'NoSchedule' | 'NoExecute' | 'PreferNoSchedule';
}

export function labelsOf(node: FakeNode): Record<string, string> {
  return {
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': node.arch ?? 'amd64',
    'kubernetes.io/hostname': node.name,
    ...node.labels,
  };
}

/** The node that a pod goes to, or why there is none, in the scheduler's words. */
export function chooseNode(
  pod: StoredPod,
  nodes: readonly FakeNode[],
  placed: readonly StoredPod[],
): { node: string } | { message: string } {
  const refusals: string[] = [];
  for (const node of nodes) {
    const why = refusal(pod, node, placed);
    if (why.length === 0) return { node: node.name };
    refusals.push(...why);
  }
  const counts = new Map<string, number>();
  for (const why of refusals) counts.set(why, (counts.get(why) ?? 0) + 1);
  const list = [...counts].map(([why, count]) => `${count} ${why}`).sort();
  const help = refusals.some((why) => why.startsWith('Insufficient'))
    ? 'No preemption victims found for incoming pod.'
    : 'Preemption is not helpful for scheduling.';
  const none = `0/${nodes.length} nodes are available`;
  const [first, rest] = help.startsWith('No ') ? ['', help] : [`${nodes.length} `, help];
  return { message: `${none}: ${list.join(', ')}. preemption: ${none}: ${first}${rest}` };
}

function refusal(pod: StoredPod, node: FakeNode, placed: readonly StoredPod[]): string[] {
  const labels = labelsOf(node);
  const selector = Object.entries(pod.spec.nodeSelector ?? {});
  if (!selector.every(([key, value]) => labels[key] === value)) {
    return ["node(s) didn't match Pod's node affinity/selector"];
  }
  const taint = (node.taints ?? []).find(
    (candidate) =>
      candidate.effect !== 'PreferNoSchedule' &&
      !(pod.spec.tolerations ?? []).some((toleration) => tolerates(toleration, candidate)),
  );
  if (taint) return [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`];
  return (['cpu', 'memory'] as const).flatMap((kind) => {
    const capacity = node[kind] === undefined ? Infinity : (parseQuantity(node[kind]) ?? Infinity);
    const there = placed.filter(
      ({ spec, status }) => spec.nodeName === node.name && !/Succeeded|Failed/.test(status.phase ?? ''),
    );
    const used = there.reduce((sum, other) => sum + requested(other, kind), 0);
    return used + requested(pod, kind) > capacity ? [`Insufficient ${kind}`] : [];
  });
}

function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (operator === 'Exists') return !key || key === taint.key;
  return key === taint.key && value === (taint.value ?? '');
}

function requested({ spec }: StoredPod, kind: 'cpu' | 'memory'): number {
  const amounts = spec.containers.map(({ resources = {} }) => {
    const text = resources.requests?.[kind] ?? resources.limits?.[kind];
    return text === undefined ? 0 : (parseQuantity(text) ?? 0);
  });
  return amounts.reduce((sum, amount) => sum + amount, 0);
}
