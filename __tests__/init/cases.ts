import { copying, deployments, kustomization } from './repositories.js';

/** A repository and the configuration that `init` proposes for it. */
export interface Case {
  files: Record<string, string>;
  /** `owner/name` on GitHub. */
  name?: string;
  registry?: string;
  /** Full name, context and Dockerfile in the plan, by image key. */
  images: Record<string, [image: string, context: string, dockerfile: string]>;
  /** `deploy` of the proposed configuration. */
  deploy?: unknown;
}

const OVERLAYS = {
  'deploy/base/kustomization.yaml': kustomization('all.yaml'),
  'deploy/base/all.yaml': deployments({ shop: 'shop', worker: 'worker:dev' }),
  Dockerfile: copying('server.js'),
  'server.js': '',
  'worker/Dockerfile': copying('job.js'),
  'worker/job.js': '',
};
const ENTRIES = [
  'images:',
  '  - { name: shop, newName: ghcr.io/acme/acme-shop, newTag: v1 }',
  '  - { name: worker, newName: ghcr.io/acme/worker, newTag: v1 }',
];
const OF_OVERLAYS: Case['images'] = {
  shop: ['ghcr.io/acme/acme-shop', '.', 'Dockerfile'],
  worker: ['ghcr.io/acme/worker', 'worker', 'worker/Dockerfile'],
};

export const CASES: Record<string, Case> = {
  'takes registry and image names from manifests': {
    files: {
      'api/Dockerfile': copying('server.js'),
      'api/server.js': '',
      'web/Dockerfile': copying('.'),
      'web/index.html': '',
      'k8s/kustomization.yml': kustomization('all.yml'),
      'k8s/all.yml': deployments({
        api: '127.0.0.1:5000/acme/api:latest',
        web: '127.0.0.1:5000/acme/acme-web',
        db: 'postgres:17',
      }),
    },
    images: {
      api: ['127.0.0.1:5000/acme/api', 'api', 'api/Dockerfile'],
      web: ['127.0.0.1:5000/acme/acme-web', 'web', 'web/Dockerfile'],
    },
    deploy: { kustomization: 'k8s/kustomization.yml', 'add-missing': true },
  },
  'takes image names from the entries of an overlay': {
    files: {
      ...OVERLAYS,
      'deploy/overlays/production/kustomization.yaml': kustomization('../../base', ...ENTRIES),
    },
    images: OF_OVERLAYS,
    deploy: 'deploy/overlays/production/kustomization.yaml',
  },
  'deploys to the environment before production if there are several': {
    files: {
      ...OVERLAYS,
      'deploy/overlays/local/kustomization.yaml': kustomization('../../base', ...ENTRIES),
      'deploy/overlays/production/kustomization.yaml': kustomization('../../base', ...ENTRIES),
      'deploy/overlays/staging/kustomization.yaml': kustomization('../../base', ...ENTRIES),
    },
    images: OF_OVERLAYS,
    deploy: 'deploy/overlays/staging/kustomization.yaml',
  },
  'deploys to the Kustomization that Argo CD follows': {
    files: {
      ...OVERLAYS,
      'deploy/overlays/production/kustomization.yaml': kustomization('../../base', ...ENTRIES),
      'deploy/overlays/staging/kustomization.yaml': kustomization('../../base', ...ENTRIES),
      'argocd/shop.yaml':
        'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: shop }\nspec: { source: { path: deploy/overlays/production } }\n',
    },
    images: OF_OVERLAYS,
    deploy: 'deploy/overlays/production/kustomization.yaml',
  },
  'deploys to a base with entries that its overlays share': {
    files: {
      ...OVERLAYS,
      'deploy/base/kustomization.yaml': kustomization('all.yaml', ...ENTRIES),
      'deploy/overlays/a/kustomization.yaml': kustomization('../../base', 'namespace: a'),
      'deploy/overlays/b/kustomization.yaml': kustomization('../../base', 'namespace: b'),
    },
    images: OF_OVERLAYS,
    deploy: 'deploy/base/kustomization.yaml',
  },
  'distinguishes the Kustomization of Flux from that of kustomize': {
    files: {
      ...OVERLAYS,
      'clusters/kustomization.yaml': kustomization('shop.yaml'),
      'clusters/shop.yaml':
        'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: shop }\nspec: { path: ./deploy/overlays/live }\n',
      'deploy/overlays/live/kustomization.yaml': kustomization('../../base', ...ENTRIES),
    },
    images: OF_OVERLAYS,
    deploy: 'deploy/overlays/live/kustomization.yaml',
  },
  'adds an entry for each placeholder': {
    files: {
      'Dockerfile.api': copying('api'),
      'worker.Dockerfile': copying('worker'),
      'api/main.js': '',
      'worker/main.js': '',
      'k8s/kustomization.yaml': kustomization('all.yaml', 'images: [{ name: worker, newTag: v1 }]'),
      'k8s/all.yaml': deployments({ api: 'shop-api:dev', worker: 'worker' }),
    },
    name: 'Acme/Shop',
    images: {
      api: ['ghcr.io/acme/shop-api', '.', 'Dockerfile.api'],
      worker: ['ghcr.io/acme/worker', '.', 'worker.Dockerfile'],
    },
    deploy: { kustomization: 'k8s/kustomization.yaml', 'add-missing': { api: 'shop-api', worker: 'worker' } },
  },
  'uses the nearest folder that contains all copied paths as context': {
    files: {
      'docker/api/Dockerfile': copying('package.json', 'services/api'),
      'web/docker/Dockerfile': copying('src/*.ts'),
      'package.json': '',
      'services/api/x.ts': '',
      'web/src/a.ts': '',
    },
    name: 'acme/shop',
    images: {
      api: ['ghcr.io/acme/api', '.', 'docker/api/Dockerfile'],
      web: ['ghcr.io/acme/web', 'web', 'web/docker/Dockerfile'],
    },
  },
  'leaves out Dockerfiles for development, examples, tests and dependencies': {
    files: {
      Dockerfile: copying('.'),
      'Dockerfile.dev': copying('.'),
      '.devcontainer/Dockerfile': '',
      'examples/hello/Dockerfile': '',
      'test/fixtures/Dockerfile': '',
      'node_modules/x/Dockerfile': '',
      'Dockerfile.dockerignore': '',
      'main.go': '',
    },
    name: 'acme/shop',
    images: { shop: ['ghcr.io/acme/shop', '.', 'Dockerfile'] },
  },
  'keeps an image name that differs from the repository name': {
    files: {
      Dockerfile: copying('.'),
      'main.go': '',
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({
        web: 'registry.example.org/team/frontend:1',
        cache: 'redis:8',
        proxy: 'quay.io/x/y',
      }),
    },
    images: { shop: ['registry.example.org/team/frontend', '.', 'Dockerfile'] },
    deploy: { kustomization: 'k8s/kustomization.yaml', 'add-missing': true },
  },
  'gives longer keys to two images with the same name': {
    files: {
      'billing/api/Dockerfile': copying('.'),
      'billing/api/a': '',
      'orders/api/Dockerfile': copying('.'),
      'orders/api/a': '',
    },
    registry: 'ghcr.io/acme',
    images: {
      'billing-api': ['ghcr.io/acme/billing-api', 'billing/api', 'billing/api/Dockerfile'],
      'orders-api': ['ghcr.io/acme/orders-api', 'orders/api', 'orders/api/Dockerfile'],
    },
  },
  'only publishes an image that no manifest deploys': {
    files: {
      'api/Dockerfile': copying('.'),
      'api/a': '',
      'migrate/Dockerfile': copying('.'),
      'migrate/a': '',
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ api: 'ghcr.io/acme/api' }),
    },
    images: {
      api: ['ghcr.io/acme/api', 'api', 'api/Dockerfile'],
      migrate: ['ghcr.io/acme/migrate', 'migrate', 'migrate/Dockerfile'],
    },
    deploy: { kustomization: 'k8s/kustomization.yaml', images: ['api'], 'add-missing': true },
  },
  'deploys each application to a separate Kustomization': {
    files: {
      'api/Dockerfile': copying('.'),
      'api/a': '',
      'web/Dockerfile': copying('.'),
      'web/a': '',
      'k8s/api/kustomization.yaml': kustomization('all.yaml', 'images: [{ name: ghcr.io/acme/api, newTag: v1 }]'),
      'k8s/api/all.yaml': deployments({ api: 'ghcr.io/acme/api' }),
      'k8s/web/kustomization.yaml': kustomization('all.yaml', 'images: [{ name: ghcr.io/acme/web, newTag: v1 }]'),
      'k8s/web/all.yaml': deployments({ web: 'ghcr.io/acme/web' }),
    },
    images: {
      api: ['ghcr.io/acme/api', 'api', 'api/Dockerfile'],
      web: ['ghcr.io/acme/web', 'web', 'web/Dockerfile'],
    },
    deploy: [
      { kustomization: 'k8s/api/kustomization.yaml', images: ['api'] },
      { kustomization: 'k8s/web/kustomization.yaml', images: ['web'] },
    ],
  },
  'proposes no deploy for a folder that kustomize rejects': {
    files: {
      'api/Dockerfile': copying('.'),
      'api/a': '',
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/kustomization.yml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ api: 'ghcr.io/acme/api' }),
    },
    name: 'acme/shop',
    images: { api: ['ghcr.io/acme/api', 'api', 'api/Dockerfile'] },
  },
  'prefers the production Dockerfile over a compose file for development': {
    files: {
      'Dockerfile.dev': copying('package.json'),
      'Dockerfile.prod': copying('.'),
      'package.json': '',
      'docker-compose.yml': 'services: { web: { build: { context: ., dockerfile: Dockerfile.dev } } }\n',
    },
    name: 'acme/landing',
    images: { landing: ['ghcr.io/acme/landing', '.', 'Dockerfile.prod'] },
  },
  'names the image of docker/Dockerfile after the repository': {
    files: { 'docker/Dockerfile': copying('src'), 'src/main.py': '' },
    name: 'acme/reports',
    images: { reports: ['ghcr.io/acme/reports', '.', 'docker/Dockerfile'] },
  },
};
