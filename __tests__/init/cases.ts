import { copying, deployments, kustomization } from './repositories.js';

/** A repository, and what is proposed for it. */
export interface Case {
  files: Record<string, string>;
  /** `owner/name` on GitHub. */
  name?: string;
  registry?: string;
  /** Key to full name, context and Dockerfile, as they are planned. */
  images: Record<string, [image: string, context: string, dockerfile: string]>;
  /** What the configuration says. */
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
  'two folders, whose manifests name the registry': {
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
  'entries of an overlay, under the names that they give': {
    files: {
      ...OVERLAYS,
      'deploy/overlays/production/kustomization.yaml': kustomization('../../base', ...ENTRIES),
    },
    images: OF_OVERLAYS,
    deploy: 'deploy/overlays/production/kustomization.yaml',
  },
  'of several environments the one before production': {
    files: {
      ...OVERLAYS,
      'deploy/overlays/local/kustomization.yaml': kustomization('../../base', ...ENTRIES),
      'deploy/overlays/production/kustomization.yaml': kustomization('../../base', ...ENTRIES),
      'deploy/overlays/staging/kustomization.yaml': kustomization('../../base', ...ENTRIES),
    },
    images: OF_OVERLAYS,
    deploy: 'deploy/overlays/staging/kustomization.yaml',
  },
  'the one that Argo CD follows': {
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
  'entries of a base that its overlays share': {
    files: {
      ...OVERLAYS,
      'deploy/base/kustomization.yaml': kustomization('all.yaml', ...ENTRIES),
      'deploy/overlays/a/kustomization.yaml': kustomization('../../base', 'namespace: a'),
      'deploy/overlays/b/kustomization.yaml': kustomization('../../base', 'namespace: b'),
    },
    images: OF_OVERLAYS,
    deploy: 'deploy/base/kustomization.yaml',
  },
  "Flux's own Kustomization is distinguished from kustomize's": {
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
  'placeholders get entries of their names': {
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
  'a context is the nearest folder that holds what is copied': {
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
  'what is no product is left out': {
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
  'one image under another name than its repository': {
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
  'two of the same name get longer ones': {
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
  'an image that nothing deploys is published only': {
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
  'applications with a Kustomization each': {
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
  'a folder that kustomize refuses is left alone': {
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
  'a compose file to develop with gives way to the Dockerfile for production': {
    files: {
      'Dockerfile.dev': copying('package.json'),
      'Dockerfile.prod': copying('.'),
      'package.json': '',
      'docker-compose.yml': 'services: { web: { build: { context: ., dockerfile: Dockerfile.dev } } }\n',
    },
    name: 'acme/landing',
    images: { landing: ['ghcr.io/acme/landing', '.', 'Dockerfile.prod'] },
  },
  'a Dockerfile in a folder for Dockerfiles is called after the repository': {
    files: { 'docker/Dockerfile': copying('src'), 'src/main.py': '' },
    name: 'acme/reports',
    images: { reports: ['ghcr.io/acme/reports', '.', 'docker/Dockerfile'] },
  },
};
