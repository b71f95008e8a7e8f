/** What a cluster is used for. `kaniko-secret`: a secret with the registry's login is made for the run. */
export type ClusterUse = 'kaniko' | 'kaniko-secret' | 'kubernetes';

/** As in a rule of a Role; the group `''` is the core API. */
export interface Right {
  group: string;
  resource: string;
  subresource?: string;
  verb: string;
}

export interface RightNeed extends Right {
  uses: ClusterUse[];
  /** `helpful`: without it failures are explained worse. */
  weight: 'needed' | 'helpful';
}

type Row = [resource: string, verbs: string, weight?: 'helpful'];

/**
 * `pods/attach` and `pods/exec`: `create` always serves. Since 1.31 kubectl first asks by WebSocket, which clusters
 * before 1.35 count as `get`, and comes back to the older way when that is refused:
 * https://github.com/kubernetes/kubernetes/issues/133515
 */
const RIGHTS: Record<ClusterUse, Row[]> = {
  kaniko: [
    ['pods', 'create get list watch delete'],
    ['pods/log', 'get'],
    ['pods/attach', 'create'],
    ['events', 'list', 'helpful'],
  ],
  'kaniko-secret': [['secrets', 'create delete']],
  // https://github.com/docker/buildx/tree/master/driver/kubernetes
  kubernetes: [
    ['deployments.apps', 'create get delete'],
    ['pods', 'list'],
    ['pods/exec', 'create'],
    ['configmaps', 'create delete', 'helpful'],
    ['events', 'list', 'helpful'],
  ],
};

/** Every right once, with all uses that need it. */
export function rightsFor(uses: readonly ClusterUse[]): RightNeed[] {
  const needs = new Map<string, RightNeed>();
  for (const use of uses) {
    for (const [name, verbs, weight = 'needed'] of RIGHTS[use]) {
      const [path = '', group = ''] = name.split('.');
      const [resource = '', subresource] = path.split('/');
      for (const verb of verbs.split(' ')) {
        const key = `${name} ${verb}`;
        const known = needs.get(key);
        if (known === undefined) needs.set(key, { group, resource, subresource, verb, uses: [use], weight });
        else {
          known.uses.push(use);
          if (weight === 'needed') known.weight = weight;
        }
      }
    }
  }
  return [...needs.values()];
}
