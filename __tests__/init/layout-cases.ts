import type { Case } from './cases.js';
import { copying, deployments, kustomization } from './repositories.js';

const PRUNED = 'FROM node:24 AS pruner\nCOPY . .\nRUN npx turbo prune web --docker\n';

/** Where Dockerfiles lie, and in which folder they are built. */
export const LAYOUT_CASES: Record<string, Case> = {
  'what prunes a monorepo is built in its root': {
    files: {
      'apps/web/Dockerfile': PRUNED,
      'apps/web/package.json': '',
      'package.json': '',
      'turbo.json': '',
    },
    name: 'acme/shop',
    images: { web: ['ghcr.io/acme/web', '.', 'apps/web/Dockerfile'] },
  },
  'a Dockerfile that names its own folder is built above it': {
    files: {
      'apps/web/Dockerfile': 'FROM node:24\nCOPY . .\nWORKDIR /app/apps/web\nRUN npm run build\n',
      'apps/web/package.json': '',
      'package.json': '',
    },
    name: 'acme/shop',
    images: { web: ['ghcr.io/acme/web', '.', 'apps/web/Dockerfile'] },
  },
  'one that copies its own folder alone is built there': {
    files: {
      'apps/web/Dockerfile': 'FROM node:24\nCOPY . .\nRUN npm ci\n',
      'apps/web/package-lock.json': '',
      'package-lock.json': '',
    },
    name: 'acme/shop',
    images: { web: ['ghcr.io/acme/web', 'apps/web', 'apps/web/Dockerfile'] },
  },
  'tools have folders of many names, and packaging is no product': {
    files: {
      '.buildkite/Dockerfile': copying('.'),
      'build/package/Dockerfile': copying('.'),
      'hack/lint/Dockerfile': copying('.'),
      'main.go': '',
    },
    name: 'acme/shop',
    images: { shop: ['ghcr.io/acme/shop', '.', 'build/package/Dockerfile'] },
  },
  'an image that others stand on is called as they call it': {
    files: {
      'base/Dockerfile': copying('a'),
      'base/a': '',
      'api/Dockerfile': `${copying('a')}`.replace('node:24-alpine', 'ghcr.io/acme/shop-base:latest'),
      'api/a': '',
    },
    name: 'acme/shop',
    images: {
      api: ['ghcr.io/acme/api', 'api', 'api/Dockerfile'],
      base: ['ghcr.io/acme/shop-base', 'base', 'base/Dockerfile'],
    },
  },
  'what commands mount counts as what is copied': {
    files: {
      'cmd/api/Dockerfile':
        'FROM golang AS build\nRUN --mount=type=bind,source=go.mod,target=go.mod --mount=type=cache,target=/go go mod download\nRUN --mount=type=bind,target=. go build ./cmd/api\n',
      'cmd/api/main.go': '',
      'go.mod': '',
    },
    name: 'acme/shop',
    images: { api: ['ghcr.io/acme/api', '.', 'cmd/api/Dockerfile'] },
  },
  'a context has nothing above it': {
    files: {
      'apps/api/Dockerfile': copying('../../packages/core', 'packages/log'),
      'apps/api/a': '',
      'packages/core/a': '',
      'packages/log/a': '',
    },
    name: 'acme/shop',
    images: { api: ['ghcr.io/acme/api', '.', 'apps/api/Dockerfile'] },
  },
  'the lockfile of a workspace says where it is installed': {
    files: {
      'apps/api/Dockerfile': 'FROM oven/bun\nCOPY . .\nRUN bun install --frozen-lockfile\n',
      'apps/api/package.json': '',
      'bun.lock': '',
      'services/jobs/Dockerfile': 'FROM python\nCOPY . .\nRUN uv sync --frozen --package jobs\n',
      'services/jobs/pyproject.toml': '',
      'uv.lock': '',
      'worker/Dockerfile': 'FROM gradle\nCOPY . .\nRUN gradle :worker:bootJar\n',
      'worker/build.gradle.kts': '',
      'settings.gradle.kts': '',
      'docker/shop.Dockerfile': 'FROM php\nCOPY . .\nRUN composer install\n',
      'docker/nginx.conf': '',
      'composer.json': '',
    },
    name: 'acme/shop',
    images: {
      api: ['ghcr.io/acme/api', '.', 'apps/api/Dockerfile'],
      jobs: ['ghcr.io/acme/jobs', '.', 'services/jobs/Dockerfile'],
      shop: ['ghcr.io/acme/shop', '.', 'docker/shop.Dockerfile'],
      worker: ['ghcr.io/acme/worker', '.', 'worker/Dockerfile'],
    },
  },
  'what developers and tools build is left out, whatever lies beside it': {
    files: {
      'api/Dockerfile': copying('.'),
      'api/a': '',
      'docker/dev.Dockerfile': copying('.'),
      '.gitpod.Dockerfile': copying(),
      'scripts/Dockerfile.builder': copying(),
      'tools/lint/Dockerfile': copying(),
      'api/Dockerfile.windows': copying('.'),
    },
    name: 'acme/shop',
    images: { api: ['ghcr.io/acme/api', 'api', 'api/Dockerfile'] },
  },
  'letters with accents are letters, and names without hyphens the same names': {
    files: {
      'café/Dockerfile': copying('.'),
      'café/a': '',
      'src/Shop.Api/Dockerfile': copying('.'),
      'src/Shop.Api/a': '',
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ web: 'ghcr.io/acme/cafe', main: 'ghcr.io/acme/shopapi' }),
    },
    name: 'acme/shop',
    images: {
      cafe: ['ghcr.io/acme/cafe', 'café', 'café/Dockerfile'],
      'shop-api': ['ghcr.io/acme/shopapi', 'src/Shop.Api', 'src/Shop.Api/Dockerfile'],
    },
    deploy: { kustomization: 'k8s/kustomization.yaml', 'add-missing': true },
  },
};
