import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'workloads/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Processes start late on a busy machine; what never comes still fails.
    expect: { poll: { timeout: 15_000 } },
    pool: 'forks',
    // Most of the time is waiting for real processes: two files at a time, however few the cores.
    maxWorkers: 2,
  },
});
