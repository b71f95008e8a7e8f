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

/** Which Kustomization is followed, and under which names images run. */
export const DEPLOY_CASES: Record<string, Case> = {
  'an ApplicationSet whose path is a template may follow any folder that fits, those before production first': {
    files: {
      ...TWO,
      ...overlays('prod', 'staging'),
      'argocd/set.yaml': applicationSet('k8s/overlays/{{env}}'),
    },
    name: 'acme/shop',
    images: OF_TWO,
    deploy: 'k8s/overlays/staging/kustomization.yaml',
  },
  'a Kustomization that Flux makes of a folder follows what lies in it': {
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
  'an Application of another repository follows nothing here': {
    files: {
      ...TWO,
      ...overlays('prod', 'staging'),
      'argocd/app.yaml': application('{ repoURL: git@github.com:acme/gitops.git, path: k8s/overlays/prod }'),
    },
    name: 'acme/shop',
    images: OF_TWO,
    deploy: 'k8s/overlays/staging/kustomization.yaml',
  },
  'a component alone is nothing that a cluster gets': {
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
  'a placeholder has the name that another environment gives it': {
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
  'two images of one short name are distinguished by what stands before it': {
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
  'entries say what a base elsewhere is made into': {
    files: {
      ...TWO,
      'k8s/kustomization.yaml': kustomization('"https://github.com/acme/platform//base?ref=v1"', ENTRIES),
    },
    name: 'acme/shop',
    images: OF_TWO,
    deploy: 'k8s/kustomization.yaml',
  },
  'what something else fills in is no name': {
    files: {
      ...TWO,
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ api: '${REGISTRY}/shop-api', web: 'gcr.io/PROJECT_ID/web' }),
    },
    name: 'acme/shop',
    images: OF_TWO,
  },
  'manifests without a Kustomization still name the images': {
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
  'of two parts that share an image the first is proposed, and the list has the other': {
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
  'environments whose workloads have other names are still environments': {
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
  'what pulls from one machine gives way to what pulls from a registry': {
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
