import type { Case } from './cases.js';
import { copying } from './repositories.js';

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
};
