import { baseImage } from './fixtures.js';
import type { Case } from './fixtures.js';

const NODE_20 = { 'node:20': baseImage({ env: { NODE_VERSION: '20.11.1' } }) };

export const lock = (packages: Record<string, object>, root: object = {}): string =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': root, ...packages } });

const npm = (dockerfile: string, more: Record<string, string> = {}): Record<string, string> => ({
  'api/Dockerfile': dockerfile,
  'api/package.json': JSON.stringify({
    dependencies: { next: '16.0.1' },
    devDependencies: { vite: '7.0.0' },
  }),
  'api/package-lock.json': lock(
    {
      'node_modules/next': { version: '16.0.1', engines: { node: '>=20.9.0' } },
      'node_modules/vite': { version: '7.0.0', dev: true, engines: { node: '^20.19.0 || >=22.12.0' } },
      'node_modules/fsevents': { version: '2.3.3', optional: true, engines: { node: '>=90' } },
      'node_modules/semver': { version: '7.7.0', engines: { node: '>=10' } },
    },
    { dependencies: { next: '16.0.1' }, devDependencies: { vite: '7.0.0' } },
  ),
  ...more,
});

/** A package.json that asks for other versions than the lockfile. */
const stale = (next: string, react = '*'): Record<string, string> => ({
  'api/package.json': JSON.stringify({ dependencies: { next, react } }),
  'api/package-lock.json': lock({
    'node_modules/next': { version: '15.5.0', engines: { node: '>=18' } },
    'node_modules/react': { version: '19.0.0' },
  }),
});

const GOOD_INSTALL = `FROM node:22\nCOPY package*.json ./\nRUN npm ci --omit=dev\n`;

/** The Node.js version of the base image, and the installation of packages. */
export const NODE_CASES: Case[] = [
  { name: 'a correct checkout', files: npm(GOOD_INSTALL), told: [] },
  {
    name: 'a base image whose NODE_VERSION is too old for a development package of an earlier stage',
    files: npm(
      `FROM node:20 AS build\nCOPY package*.json ./\nRUN npm ci\nFROM node:20\nCOPY --from=build /dist /dist\nCOPY package*.json ./\nRUN npm ci --omit=dev\n`,
    ),
    look: { bases: NODE_20 },
    told: ['preflight/node-too-old api/Dockerfile:1'],
    message: /^vite@7\.0\.0 needs node .* says node:20 \(20\.11\.1\)\.$/,
  },
  {
    name: 'an old base image that an argument names, in an earlier stage',
    files: npm(`ARG NODE=18\nFROM node:$NODE AS deps\nCOPY package*.json ./\nRUN npm ci --omit=dev\nFROM deps\n`),
    told: ['preflight/node-too-old api/Dockerfile:2'],
  },
  {
    name: 'a configured argument that raises the Node.js version',
    files: npm(`ARG NODE=18\nFROM node:$NODE\nCOPY package*.json ./\nRUN npm ci --omit=dev\n`),
    config: 'images: { api: { args: { NODE: "22" } } }',
    told: [],
  },
  {
    name: 'a base image tag without a version',
    files: npm(`FROM node:lts\nCOPY package*.json ./\nRUN npm ci --omit=dev\n`),
    told: [],
  },
  {
    name: 'a package.json that needs a newer Node.js',
    files: {
      'api/Dockerfile': `FROM node:18\nCOPY . .\n`,
      'api/package.json': '{ "engines": { "node": ">=22" } }',
    },
    told: ['preflight/node-too-old api/Dockerfile:1'],
    message: /^api\/package\.json needs node >=22/,
  },
  {
    name: 'a project of another image in the same context',
    files: {
      ...npm('FROM scratch\n'),
      Dockerfile: `FROM node:18\nCOPY web ./\n`,
      'web/package.json': '{}',
    },
    config: 'images: { web: { context: . } }',
    told: [],
  },
  {
    name: 'a fallback in a group of commands',
    files: npm('FROM node:22\nCOPY package*.json ./\nRUN npm ci || (rm -rf node_modules && npm install --omit=dev)\n'),
    told: ['preflight/unlocked-install api/Dockerfile:3'],
    message: /`npm install --omit=dev` replaces it/,
  },
  {
    name: 'a fallback in a here-document',
    files: npm(
      `FROM node:22\nCOPY package*.json ./\nRUN <<EOF\nset -e\nnpm ci --omit=dev ||\\\n  npm install --omit=dev\nEOF\n`,
    ),
    told: ['preflight/unlocked-install api/Dockerfile:3'],
  },
  {
    name: 'a lockfile that is older than package.json, and a base image that is too old for package.json',
    files: npm(`FROM node:18\nCOPY package*.json ./\nRUN npm ci --omit=dev\n`, stale('^16.0.0')),
    told: ['preflight/node-too-old api/Dockerfile:1', 'preflight/lockfile-stale api/Dockerfile:3'],
    message: /^next@\^16\.0\.0 needs node >=20\.9\.0, api\/Dockerfile:1 says node:18\.$/,
  },
  {
    name: 'a lockfile that is older than package.json, with a fallback that installs the newer version',
    files: npm(
      'FROM node:22\nCOPY package*.json ./\nRUN npm ci || (rm -rf node_modules && npm install)\n',
      stale('^16.0.0'),
    ),
    told: ['preflight/unlocked-install api/Dockerfile:3', 'preflight/lockfile-stale api/Dockerfile:3'],
  },
  {
    name: 'a pnpm lockfile that is older than package.json',
    files: {
      'api/Dockerfile': `FROM node:22\nCOPY . .\nRUN pnpm install\n`,
      'api/.dockerignore': '**/node_modules\n',
      'api/package.json': '{ "dependencies": { "next": "~16.1.0" } }',
      'api/pnpm-lock.yaml':
        "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      next: { specifier: ~16.0.0, version: 16.0.3(react@19.0.0) }\n",
    },
    told: ['preflight/lockfile-stale api/Dockerfile:3'],
    message: /asks for next ~16\.1\.0, pnpm-lock\.yaml has 16\.0\.3: the install picks another version/,
  },
  {
    name: 'a lockfile with the wanted version, and a workspace range',
    files: npm(`FROM node:22\nCOPY package*.json ./\nRUN npm ci --omit=dev\n`, stale('>=15', 'workspace:*')),
    told: [],
  },
  {
    name: 'a lockfile that is not copied',
    files: npm(`FROM node:22\nCOPY package.json ./\nRUN npm ci --omit=dev\n`),
    told: ['preflight/lockfile-not-copied api/Dockerfile:3'],
    message: /it is not copied before/,
  },
  {
    name: 'a lockfile that is mounted',
    files: npm(
      `FROM node:22\nRUN --mount=type=bind,source=package.json,target=package.json --mount=type=bind,source=package-lock.json,target=package-lock.json npm ci --omit=dev\n`,
    ),
    told: [],
  },
  {
    name: 'a lockfile that may come from another image',
    files: npm(`FROM node:22\nCOPY package.json ./\nCOPY --from=busybox /x ./\nRUN npm ci --omit=dev\n`),
    told: [],
  },
  {
    name: 'node_modules that are copied over an install',
    files: npm(`FROM node:22\nCOPY package*.json ./\nRUN npm ci --omit=dev\nCOPY . .\n`),
    told: ['preflight/node-modules-copied api/Dockerfile:4'],
    message: /ENOTEMPTY/,
  },
  {
    name: 'node_modules that .dockerignore excludes',
    files: npm(`FROM node:22\nCOPY . .\nRUN npm ci --omit=dev\n`, {
      'api/.dockerignore': '**/node_modules\n',
    }),
    told: [],
  },
  {
    name: 'development packages in a stage that omits them through NODE_ENV',
    files: npm('FROM node:20\nENV NODE_ENV=production\nCOPY package*.json ./\nRUN npm ci\n'),
    look: { bases: NODE_20 },
    told: [],
  },
];
