import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import Order from './scripts/test/order.js';

/** All tests. Those that need no lab (no root, no network, no Docker): `npm run test:unit`. */
export default defineConfig({
  cacheDir: '.lab/vite',
  test: {
    globals: true,
    include: ['__tests__/**/*.test.ts'],
    // The files of a process share the modules that they load: alone, most take longer to load than to run.
    isolate: false,
    maxWorkers: availableParallelism(),
    runner: './scripts/test/declared-programs.ts',
    sequence: { sequencer: Order },
    silent: 'passed-only',
    slowTestThreshold: 30_000,
    // Daemons and containers answer when the machine lets them; a search goes on as long as it finds something.
    testTimeout: process.env.SOAK === '1' ? 3_600_000 : 300_000,
    hookTimeout: 300_000,
  },
});
