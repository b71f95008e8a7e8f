import type { StoredPod } from '../objects.js';

/** A node; its containers run on this machine. */
export interface FakeNode {
  name: string;
  arch: string;
}

export function labelsOf({ name, arch }: FakeNode): Record<string, string> {
  return { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': arch, 'kubernetes.io/hostname': name };
}

/** The node that a pod goes to, or why there is none, in the scheduler's words. */
export function chooseNode({ spec }: StoredPod, nodes: readonly FakeNode[]): { node: string } | { message: string } {
  const selector = Object.entries(spec.nodeSelector ?? {});
  const found = nodes.find((node) => selector.every(([key, value]) => labelsOf(node)[key] === value));
  if (found !== undefined) return { node: found.name };
  const count = nodes.length;
  const none = `0/${count} nodes are available`;
  const help = `preemption: ${none}: ${count} Preemption is not helpful for scheduling.`;
  return { message: `${none}: ${count} node(s) didn't match Pod's node affinity/selector. ${help}` };
}
