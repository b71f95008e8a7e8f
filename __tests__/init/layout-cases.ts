import type { Case } from './cases.js';
import { copying, deployments, kustomization } from './repositories.js';

const PRUNED = 'FROM node:24 AS pruner\nCOPY . .\nRUN npx turbo prune web --docker\n';

/** Where Dockerfiles are, and which context each gets. */
export const LAYOUT_CASES: Record<string, Case> = {
  'uses the root as context for a Dockerfile that prunes a monorepo': {
    files: {
      'apps/web/Dockerfile': PRUNED,
      'apps/web/package.json': '',
      'package.json': '',
      'turbo.json': '',
    },
    name: 'acme/shop',
    images: { web: ['ghcr.io/acme/web', '.', 'apps/web/Dockerfile'] },
  },
  'uses the root as context for a Dockerfile that names its folder': {
    files: {
      'apps/web/Dockerfile': 'FROM node:24\nCOPY . .\nWORKDIR /app/apps/web\nRUN npm run build\n',
      'apps/web/package.json': '',
      'package.json': '',
    },
    name: 'acme/shop',
    images: { web: ['ghcr.io/acme/web', '.', 'apps/web/Dockerfile'] },
  },
  'uses the folder of a Dockerfile as context if it has a lockfile': {
    files: {
      'apps/web/Dockerfile': 'FROM node:24\nCOPY . .\nRUN npm ci\n',
      'apps/web/package-lock.json': '',
      'package-lock.json': '',
    },
    name: 'acme/shop',
    images: { web: ['ghcr.io/acme/web', 'apps/web', 'apps/web/Dockerfile'] },
  },
  'leaves out Dockerfiles in tool folders, but not in build/package': {
    files: {
      '.buildkite/Dockerfile': copying('.'),
      'build/package/Dockerfile': copying('.'),
      'hack/lint/Dockerfile': copying('.'),
      'main.go': '',
    },
    name: 'acme/shop',
    images: { shop: ['ghcr.io/acme/shop', '.', 'build/package/Dockerfile'] },
  },
  'gives a base image the name that other Dockerfiles use for it': {
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
  'treats bind mounts like copied paths': {
    files: {
      'cmd/api/Dockerfile':
        'FROM golang AS build\nRUN --mount=type=bind,source=go.mod,target=go.mod --mount=type=cache,target=/go go mod download\nRUN --mount=type=bind,target=. go build ./cmd/api\n',
      'cmd/api/main.go': '',
      'go.mod': '',
    },
    name: 'acme/shop',
    images: { api: ['ghcr.io/acme/api', '.', 'cmd/api/Dockerfile'] },
  },
  'resolves copied paths above the context within it': {
    files: {
      'apps/api/Dockerfile': copying('../../packages/core', 'packages/log'),
      'apps/api/a': '',
      'packages/core/a': '',
      'packages/log/a': '',
    },
    name: 'acme/shop',
    images: { api: ['ghcr.io/acme/api', '.', 'apps/api/Dockerfile'] },
  },
  'uses the folder with the workspace file of the package manager as context': {
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
  'leaves out Dockerfiles for developers, tools and Windows': {
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
  'matches names that differ in accents or hyphens': {
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
