import { readPackageLock } from '../../src/preflight/node/package-lock.js';
import { readPackageManifest } from '../../src/preflight/node/package-manifest.js';
import { readPnpmLock } from '../../src/preflight/node/pnpm-lock.js';
import { readYarnLock } from '../../src/preflight/node/yarn-lock.js';

const shown = (packages: ReturnType<typeof readPnpmLock>) =>
  packages.map(({ name, version, node, use, depth }) => `${name}@${version} ${node} ${use} ${depth}`);

test('package-lock: optional packages are left out, those of workspaces are direct, version 1 says nothing', () => {
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
    expect(shown(readPackageLock(JSON.stringify({ lockfileVersion, packages })))).toEqual(expected);
  const first = { lockfileVersion: 1, dependencies: { next: { version: '16.0.1' } } };
  for (const text of [
    JSON.stringify(first),
    '',
    '{',
    '[]',
    '{"packages":[]}',
    '{"packages":{"node_modules/x":null}}',
  ])
    expect(readPackageLock(text)).toEqual([]);
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

const PNPM_5 = `lockfileVersion: 5.4
specifiers: { next: ^16.0.0, '@acme/x': ^1.0.0 }
dependencies:
  next: 16.0.1_react@19.0.0
  '@acme/x': 1.0.0
packages:
  /next/16.0.1_react@19.0.0: { engines: { node: '>=20.9.0' }, dev: false }
  /@acme/x/1.0.0: { engines: { node: '>=18' }, dev: false }
`;

test.each([
  [
    '9',
    PNPM_9,
    [
      'next@16.0.1 >=20.9.0 runtime direct',
      'deep@2.0.0 >=20 runtime transitive',
      'real@1.0.0 >=17 runtime direct',
      'vite@7.0.0 >=22.12.0 development direct',
      'tool@1.0.0 >=21 development transitive',
    ],
  ],
  ['6', PNPM_6, ['next@16.0.1 >=20.9.0 runtime direct', 'vite@7.0.0 >=22.12.0 development direct']],
  ['5.4', PNPM_5, ['next@16.0.1 >=20.9.0 runtime direct', '@acme/x@1.0.0 >=18 runtime direct']],
  ['garbage', 'packages: [', []],
  ['nothing', '', []],
])('pnpm-lock %s: direct and transitive packages, without optional ones', (_, text, expected) => {
  expect(shown(readPnpmLock(text))).toEqual(expected);
});

test.each([
  [
    'classic',
    '# yarn lockfile v1\n\n"next@^16.0.0", next@^16:\n  version "16.0.1"\n  resolved "x"\n\nvite@^7:\n  version "7.0.0"\n',
  ],
  [
    'berry',
    '__metadata:\n  version: 8\n\n"next@npm:^16.0.0":\n  version: 16.0.1\n\n"vite@npm:^7":\n  version: 7.0.0\n',
  ],
])('yarn %s: what is installed says what it needs, if it is what the lockfile names', (_, text) => {
  const project = readPackageManifest('{"dependencies":{"next":"^16.0.0"},"devDependencies":{"vite":"^7"}}')!;
  const installed = [
    ['next', '16.0.1', '>=20.9.0'],
    ['vite', '6.9.0', '>=18'],
  ].map(([name, version, node]) => ({
    path: `node_modules/${name}/package.json`,
    text: JSON.stringify({ name, version, engines: { node } }),
  }));
  expect(shown(readYarnLock(text, project, installed))).toEqual(['next@16.0.1 >=20.9.0 runtime direct']);
});
