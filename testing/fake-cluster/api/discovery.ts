import { apiVersionOf, type Resource, RESOURCES } from './resources.js';

/** What a client asks before anything else: which kinds are there? All at once, as kubectl 1.27 and newer ask. */
export function discoveryAnswer(path: string, accept: string): { body: unknown; type: string } | undefined {
  const aggregated = /application\/json;g=apidiscovery\.k8s\.io;v=(v2(?:beta1)?);as=APIGroupDiscoveryList/.exec(accept);
  const version = aggregated?.[1];
  if (version !== undefined && (path === '/api' || path === '/apis')) {
    return {
      body: aggregatedList(path === '/api' ? [''] : groups(), version),
      type: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    };
  }
  return undefined;
}

const groups = (): string[] => [...new Set(RESOURCES.map(({ group }) => group))].filter(Boolean);

function aggregatedList(names: readonly string[], version: string) {
  const items = names.map((name) => {
    const resources = RESOURCES.filter(({ group }) => group === name);
    const { version: served = 'v1' } = resources[0] ?? {};
    return {
      metadata: { name, creationTimestamp: null },
      versions: [{ version: served, freshness: 'Current', resources: resources.map(aggregatedEntry) }],
    };
  });
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items,
  };
}

function aggregatedEntry(resource: Resource) {
  const { group, version, kind, scope, singular, plural, verbs, shortNames, categories } = resource;
  const responseKind = { group, version, kind };
  return {
    resource: plural,
    responseKind,
    scope,
    singularResource: singular,
    verbs,
    ...(shortNames && { shortNames }),
    ...(categories && { categories }),
    subresources: Object.entries(resource.subresources ?? {}).map(([subresource, its]) => ({
      subresource,
      responseKind,
      verbs: its,
    })),
  };
}

const FIELD_VALIDATION = { name: 'fieldValidation', in: 'query', schema: { type: 'string' } };

/**
 * So much of the OpenAPI document as tells kubectl that the server itself looks for unknown fields, which it then
 * leaves to the server (https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation).
 */
export function openApiAnswer(path: string): unknown {
  const places = new Map(
    RESOURCES.map((resource) => {
      const version = apiVersionOf(resource);
      return [`${resource.group ? 'apis' : 'api'}/${version}`, version];
    }),
  );
  if (path === '/openapi/v3') {
    const paths = [...places.keys()].map((place) => [place, { serverRelativeURL: `/openapi/v3/${place}?hash=lab` }]);
    return { paths: Object.fromEntries(paths) as unknown };
  }
  const place = path.replace(/^\/openapi\/v3\//, '');
  const groupVersion = places.get(place);
  if (groupVersion === undefined) return undefined;
  const paths: Record<string, unknown> = {};
  for (const resource of RESOURCES.filter((one) => apiVersionOf(one) === groupVersion)) {
    const { group, version, kind, plural, scope } = resource;
    const operation = {
      parameters: [FIELD_VALIDATION],
      responses: { 200: { description: 'OK' } },
      'x-kubernetes-group-version-kind': { group, version, kind },
    };
    const collection = `/${place}${scope === 'Namespaced' ? '/namespaces/{namespace}' : ''}/${plural}`;
    paths[collection] = { post: { ...operation, 'x-kubernetes-action': 'post' } };
    paths[`${collection}/{name}`] = {
      put: { ...operation, 'x-kubernetes-action': 'put' },
      patch: { ...operation, 'x-kubernetes-action': 'patch' },
    };
  }
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1' }, paths, components: {} };
}
