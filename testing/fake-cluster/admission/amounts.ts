import type { LimitRangeSpec, ResourceQuotaSpec } from 'kubernetes-types/core/v1.js';
import { resourceOf } from '../api/resources.js';
import { parseQuantity, type StoredPod } from '../objects.js';
import type { Store } from '../store.js';

/**
 * Why a LimitRange or ResourceQuota of the namespace does not take a pod, in the words of the API server. Of a
 * LimitRange the largest amounts per container are known, of a quota `limits.*` and `requests.*`.
 */
export function amountRefusal(store: Store, pod: StoredPod): string | undefined {
  const { namespace } = pod.metadata;
  const ranges = store.list(resourceOf('LimitRange'), namespace).map(({ spec }) => spec as LimitRangeSpec);
  const quotas = store.list(resourceOf('ResourceQuota'), namespace);
  const standing = (store.list(resourceOf('Pod'), namespace) as StoredPod[]).filter(
    ({ status }) => !/Succeeded|Failed/.test(status.phase ?? ''),
  );
  return (
    ranges.map((range) => rangeRefusal(range, pod)).find((why) => why !== undefined) ??
    quotas
      .map(({ metadata, spec }) => quotaRefusal(metadata.name, spec as ResourceQuotaSpec, pod, standing))
      .find((why) => why !== undefined)
  );
}

function rangeRefusal({ limits }: LimitRangeSpec, { spec }: StoredPod): string | undefined {
  for (const { type, max = {} } of limits) {
    if (type !== 'Container') continue;
    for (const { resources = {} } of spec.containers) {
      for (const [kind, most] of Object.entries(max)) {
        const limit = resources.limits?.[kind];
        if (limit === undefined) return `maximum ${kind} usage per Container is ${most}.  No limit is specified`;
        if (amount(limit) > amount(most))
          return `maximum ${kind} usage per Container is ${most}, but limit is ${limit}`;
      }
    }
  }
  return undefined;
}

function quotaRefusal(
  name: string,
  { hard = {} }: ResourceQuotaSpec,
  pod: StoredPod,
  standing: readonly StoredPod[],
): string | undefined {
  for (const [what, most] of Object.entries(hard)) {
    const [part, kind] = what.split('.') as ['limits' | 'requests', string];
    const asked = pod.spec.containers.map((container) => container.resources?.[part]?.[kind]);
    const without = pod.spec.containers[asked.indexOf(undefined)];
    if (without !== undefined) return `failed quota: ${name}: must specify ${what} for: ${without.name}`;
    const used = standing
      .flatMap(({ spec }) => spec.containers.map(({ resources }) => amount(resources?.[part]?.[kind] ?? '0')))
      .reduce((sum, each) => sum + each, 0);
    const wanted = asked.reduce((sum, each) => sum + amount(each ?? '0'), 0);
    if (used + wanted > amount(most))
      return `exceeded quota: ${name}, requested: ${what}=${asked.join('+')}, used: ${what}=${used}, limited: ${what}=${most}`;
  }
  return undefined;
}

function amount(text: string): number {
  return parseQuantity(text) ?? Number.NaN;
}
