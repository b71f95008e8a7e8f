import { isOlder, nodeOf, type NodeVersion } from '../../src/preflight/checks/node-installs.js';
import { readLockfile } from '../../src/preflight/node/lockfiles.js';
import { baseImage } from './fixtures.js';

const read = (path: string, text: string) =>
  readLockfile({ path, text }).map(
    ({ name, version, node, use, depth }) => `${name}@${version} ${node} ${use} ${depth}`,
  );

test('package-lock.json: leaves out optional packages, counts those of workspaces as direct, and ignores version 1', () => {
  const packages = {
    '': { devDependencies: { vite: '7' } },
    'packages/a': { name: 'a', dependencies: { '@acme/x': '1' }, engines: { node: '>=99' } },
    'node_modules/a': { resolved: 'packages/a', link: true },
    'node_modules/@acme/x': { version: '1.0.0', engines: { node: '>=18' } },
    'node_modules/@acme/x/node_modules/vite': { version: '6.0.0', engines: { node: '>=19' } },
    'node_modules/vite': { version: '7.0.0', dev: true, engines: { node: '>=20' } },
    'node_modules/peer': { version: '1.0.0', peer: true, engines: { node: '>=21' } },
    'node_modules/old': { version: '0.1.0', engines: ['node >= 0.8'] },
    'node_modules/optional': { version: '1.0.0', optional: true, engines: { node: '>=22' } },
    'node_modules/both': { version: '1.0.0', devOptional: true, engines: { node: '>=23' } },
  };
  const expected = [
    '@acme/x@1.0.0 >=18 runtime direct',
    'vite@6.0.0 >=19 runtime transitive',
    'vite@7.0.0 >=20 development direct',
    'peer@1.0.0 >=21 runtime transitive',
    'both@1.0.0 >=23 development transitive',
  ];
  for (const lockfileVersion of [2, 3])
    expect(read('package-lock.json', JSON.stringify({ lockfileVersion, packages }))).toEqual(expected);
  const first = { lockfileVersion: 1, dependencies: { next: { version: '16.0.1' } } };
  for (const text of [JSON.stringify(first), '', '{', '[]', '{"packages":[]}', '{"packages":{"node_modules/x":null}}'])
    expect(read('npm-shrinkwrap.json', text)).toEqual([]);
});

const PNPM_9 = `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      next: { specifier: ^16.0.0, version: 16.0.1(react@19.0.0) }
      alias: { specifier: 'npm:real@1', version: real@1.0.0 }
      local: { specifier: 'link:../x', version: link:../x }
    devDependencies:
      vite: { specifier: ^7.0.0, version: 7.0.0 }
packages:
  next@16.0.1: { engines: { node: '>=20.9.0' } }
  '@img/sharp@1.0.0': { engines: { node: '>=90' } }
  deep@2.0.0: { engines: { node: '>=20' } }
  real@1.0.0: { engines: { node: '>=17' } }
  vite@7.0.0: { engines: { node: '>=22.12.0' } }
  tool@1.0.0: { engines: { node: '>=21' } }
  react@19.0.0: {}
snapshots:
  next@16.0.1(react@19.0.0): { dependencies: { deep: 2.0.0, react: 19.0.0 }, optionalDependencies: { '@img/sharp': 1.0.0 } }
  '@img/sharp@1.0.0': { optional: true }
  deep@2.0.0: {}
  real@1.0.0: {}
  react@19.0.0: {}
  vite@7.0.0: { dependencies: { deep: 2.0.0, tool: 1.0.0 } }
  tool@1.0.0: {}
`;

const PNPM_6 = `lockfileVersion: '6.0'
dependencies:
  next: { specifier: ^16.0.0, version: 16.0.1(react@19.0.0) }
devDependencies:
  vite: { specifier: ^7.0.0, version: 7.0.0 }
packages:
  /next@16.0.1(react@19.0.0): { engines: { node: '>=20.9.0' }, dev: false }
  /@img/sharp@1.0.0: { engines: { node: '>=90' }, optional: true }
  /vite@7.0.0: { engines: { node: '>=22.12.0' }, dev: true }
`;

test.each([
  [
    'version 9',
    PNPM_9,
    [
      'next@16.0.1 >=20.9.0 runtime direct',
      'deep@2.0.0 >=20 runtime transitive',
      'real@1.0.0 >=17 runtime direct',
      'vite@7.0.0 >=22.12.0 development direct',
      'tool@1.0.0 >=21 development transitive',
    ],
  ],
  ['version 6', PNPM_6, ['next@16.0.1 >=20.9.0 runtime direct', 'vite@7.0.0 >=22.12.0 development direct']],
  ['with invalid YAML', 'packages: [', []],
  ['without content', '', []],
])('pnpm-lock.yaml %s: reads direct and transitive packages, without optional ones', (_, text, expected) => {
  expect(read('api/pnpm-lock.yaml', text)).toEqual(expected);
});

test.each<[string, string | undefined, NodeVersion | undefined]>([
  ['node:18-alpine', undefined, { range: '18' }],
  ['docker.io/library/node:20.9.0-slim', undefined, { exact: '20.9.0' }],
  [`mirror.example:5000/node:20.9@sha256:${'0'.repeat(64)}`, undefined, { range: '20.9' }],
  ['node:lts', undefined, undefined],
  ['node', undefined, undefined],
  ['node:lts', '22.1.0', { exact: '22.1.0' }],
  ['acme/base:7', '22.1.0', { exact: '22.1.0' }],
  ['acme/node-tools:7', undefined, undefined],
  ['gcr.io/distroless/nodejs22-debian12:nonroot', undefined, { range: '22' }],
  ['registry.access.redhat.com/ubi9/nodejs-20:latest', undefined, { range: '20' }],
])('finds the Node.js version of %s with NODE_VERSION %s', (reference, version, expected) => {
  const base = version === undefined ? undefined : baseImage({ env: { NODE_VERSION: version } });
  expect(nodeOf(reference, base)).toEqual(expected);
});

test.each<[NodeVersion, string, boolean]>([
  [{ range: '18' }, '>=20.9.0', true],
  // The range includes 20.9.0.
  [{ range: '20' }, '>=20.9.0', false],
  [{ exact: '20.8.0' }, '>=20.9.0', true],
  [{ exact: '20.9.0' }, '^18.18.0 || >=20.9.0', false],
  [{ exact: '19.0.0' }, '^18.18.0 || >=20.9.0', true],
  // A newer version than the package allows isn't too old.
  [{ exact: '24.0.0' }, '^18', false],
  [{ range: '24' }, '<21', false],
  [{ exact: '18.0.0' }, 'what you like', false],
])('%j is too old for %s: %s', (node, range, expected) => {
  expect(isOlder(node, range)).toBe(expected);
});
