import type { Case } from './cases.js';
import { copying, deployments, kustomization } from './repositories.js';

const TWO = {
  'api/Dockerfile': copying('.'),
  'api/a': '',
  'web/Dockerfile': copying('.'),
  'web/a': '',
};
const OF_TWO: Case['images'] = {
  api: ['ghcr.io/acme/api', 'api', 'api/Dockerfile'],
  web: ['ghcr.io/acme/web', 'web', 'web/Dockerfile'],
};
const MANIFESTS = deployments({ api: 'ghcr.io/acme/api', web: 'ghcr.io/acme/web' });
const ENTRIES = 'images: [{ name: ghcr.io/acme/api, newTag: v1 }, { name: ghcr.io/acme/web, newTag: v1 }]';
const SHOP_ENTRY = 'images: [{ name: ghcr.io/acme/shop, newTag: v1 }]';

function overlays(...names: string[]): Record<string, string> {
  return {
    'k8s/base/kustomization.yaml': kustomization('all.yaml'),
    'k8s/base/all.yaml': MANIFESTS,
    ...Object.fromEntries(
      names.map((name) => [`k8s/overlays/${name}/kustomization.yaml`, kustomization('../../base', ENTRIES)]),
    ),
  };
}

export function application(source: string, annotations = ''): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop${annotations} }
spec: { source: ${source} }
`;
}

function applicationSet(path: string): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: { name: shop }
spec:
  generators: [{ list: { elements: [{ env: prod }] } }]
  template: { spec: { source: { repoURL: 'https://github.com/Acme/Shop.git', path: '${path}' } } }
`;
}

/** Which Kustomization `init` proposes, and under which names images run. */
export const DEPLOY_CASES: Record<string, Case> = {
  'deploys to the environment before production if an ApplicationSet has a path template': {
    files: {
      ...TWO,
      ...overlays('prod', 'staging'),
      'argocd/set.yaml': applicationSet('k8s/overlays/{{env}}'),
    },
    name: 'acme/shop',
    images: OF_TWO,
    deploy: 'k8s/overlays/staging/kustomization.yaml',
  },
  'deploys to a Kustomization inside the folder that Flux follows': {
    files: {
      ...TWO,
      ...overlays('prod', 'staging'),
      'clusters/main.yaml':
        'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: apps }\nspec: { path: ./apps }\n',
      'apps/shop/kustomization.yaml': kustomization('../../k8s/base', ENTRIES),
    },
    name: 'acme/shop',
    images: OF_TWO,
    deploy: 'apps/shop/kustomization.yaml',
  },
  'ignores an Application of another repository': {
    files: {
      ...TWO,
      ...overlays('prod', 'staging'),
      'argocd/app.yaml': application('{ repoURL: git@github.com:acme/gitops.git, path: k8s/overlays/prod }'),
    },
    name: 'acme/shop',
    images: OF_TWO,
    deploy: 'k8s/overlays/staging/kustomization.yaml',
  },
  'never deploys to a component': {
    files: {
      ...TWO,
      'k8s/base/kustomization.yaml': kustomization('all.yaml', ENTRIES),
      'k8s/base/all.yaml': MANIFESTS,
      'k8s/components/debug/kustomization.yaml': `kind: Component\nresources: [all.yaml]\n`,
      'k8s/components/debug/all.yaml': deployments({ api: 'ghcr.io/acme/api' }),
    },
    name: 'acme/shop',
    images: OF_TWO,
    deploy: 'k8s/base/kustomization.yaml',
  },
  'takes the name of a placeholder from another environment': {
    files: {
      Dockerfile: copying('.'),
      a: '',
      'k8s/base/kustomization.yaml': kustomization('all.yaml'),
      'k8s/base/all.yaml': deployments({ shop: 'shop' }),
      'k8s/staging/kustomization.yaml': kustomization('../base'),
      'k8s/prod/kustomization.yaml': kustomization(
        '../base',
        'images: [{ name: shop, newName: registry.example.org/team/shop }]',
      ),
    },
    name: 'acme/shop',
    images: { shop: ['registry.example.org/team/shop', '.', 'Dockerfile'] },
    deploy: { kustomization: 'k8s/staging/kustomization.yaml', 'add-missing': { shop: 'shop' } },
  },
  'distinguishes two images with the same short name by their path': {
    files: {
      'billing/api/Dockerfile': copying('.'),
      'billing/api/a': '',
      'shop/api/Dockerfile': copying('.'),
      'shop/api/a': '',
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ one: 'ghcr.io/acme/shop/api', two: 'ghcr.io/acme/billing/api' }),
    },
    name: 'acme/platform',
    images: {
      'billing-api': ['ghcr.io/acme/billing/api', 'billing/api', 'billing/api/Dockerfile'],
      'shop-api': ['ghcr.io/acme/shop/api', 'shop/api', 'shop/api/Dockerfile'],
    },
    deploy: { kustomization: 'k8s/kustomization.yaml', 'add-missing': true },
  },
  'deploys to a Kustomization with entries for a remote base': {
    files: {
      ...TWO,
      'k8s/kustomization.yaml': kustomization('"https://github.com/acme/platform//base?ref=v1"', ENTRIES),
    },
    name: 'acme/shop',
    images: OF_TWO,
    deploy: 'k8s/kustomization.yaml',
  },
  'takes no image names from text with placeholders': {
    files: {
      ...TWO,
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ api: '${REGISTRY}/shop-api', web: 'gcr.io/PROJECT_ID/web' }),
    },
    name: 'acme/shop',
    images: OF_TWO,
  },
  'takes image names from manifests and charts without a Kustomization': {
    files: {
      ...TWO,
      'k8s/api.yaml': deployments({ api: 'registry.example.org/team/shop_api:1' }),
      'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\n',
      'charts/web/values.yaml': 'image: { registry: registry.example.org, repository: team/web, tag: 1 }\n',
      'charts/web/templates/web.yaml': 'kind: Deployment\nspec: {{ .Values.image }}\n',
    },
    name: 'acme/shop',
    images: {
      api: ['registry.example.org/team/shop_api', 'api', 'api/Dockerfile'],
      web: ['registry.example.org/team/web', 'web', 'web/Dockerfile'],
    },
  },
  'deploys to the first of two Kustomizations that share an image': {
    files: {
      Dockerfile: copying('.'),
      a: '',
      'k8s/web/kustomization.yaml': kustomization('all.yaml', SHOP_ENTRY),
      'k8s/web/all.yaml': deployments({ web: 'ghcr.io/acme/shop' }),
      'k8s/worker/kustomization.yaml': kustomization('all.yaml', SHOP_ENTRY),
      'k8s/worker/all.yaml': deployments({ worker: 'ghcr.io/acme/shop' }),
    },
    name: 'acme/shop',
    images: { shop: ['ghcr.io/acme/shop', '.', 'Dockerfile'] },
    deploy: 'k8s/web/kustomization.yaml',
  },
  'recognizes environments whose workloads have different names': {
    files: {
      Dockerfile: copying('.'),
      a: '',
      'k8s/qa/kustomization.yaml': kustomization('all.yaml', SHOP_ENTRY),
      'k8s/qa/all.yaml': deployments({ 'shop-qa': 'ghcr.io/acme/shop' }),
      'k8s/staging/kustomization.yaml': kustomization('all.yaml', SHOP_ENTRY),
      'k8s/staging/all.yaml': deployments({ 'shop-staging': 'ghcr.io/acme/shop' }),
    },
    name: 'acme/shop',
    images: { shop: ['ghcr.io/acme/shop', '.', 'Dockerfile'] },
    deploy: 'k8s/qa/kustomization.yaml',
  },
  'prefers a Kustomization that pulls from a registry over one that pulls from localhost': {
    files: {
      ...TWO,
      'k8s/dev/kustomization.yaml': kustomization('all.yaml'),
      'k8s/dev/all.yaml': deployments({ api: 'localhost:5000/api', web: 'localhost:5000/web' }),
      'k8s/prod/kustomization.yaml': kustomization('all.yaml', ENTRIES),
      'k8s/prod/all.yaml': MANIFESTS,
    },
    name: 'acme/shop',
    images: OF_TWO,
    deploy: 'k8s/prod/kustomization.yaml',
  },
};
