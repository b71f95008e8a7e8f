import { availableParallelism } from 'node:os';

/** All tests. Those that need no lab (no root, no network, no Docker): `npm run test:unit`. */
export default {
  // Daemons and containers answer when the machine lets them.
  testTimeout: 60_000,
  // By default it lies in TMPDIR, which is a new one each time.
  cacheDirectory: '<rootDir>/.lab/jest',
  testEnvironment: '<rootDir>/scripts/test/declared-programs.mjs',
  maxWorkers: availableParallelism(),
  testSequencer: '<rootDir>/scripts/test/order.mjs',
  // What a watching jest runs again for.
  roots: ['__tests__', 'src', 'testing'].map((folder) => `<rootDir>/${folder}`),
  testMatch: ['**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/__tests__/fixtures/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
};
