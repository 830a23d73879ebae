import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  // Only a guard against what hangs: machines that are shared can be very slow.
  testTimeout: 60_000,
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  transform: { '\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.test.json' }] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  reporters: ['default', '<rootDir>/scripts/skipped-tests.mjs'],
  coverageProvider: 'v8',
  collectCoverageFrom: ['lib/**/*.ts'],
  // Only with --coverage. `v8 ignore` comments in the code say why a branch cannot be reached.
  coverageThreshold: { global: { branches: 97 } },
};

export default config;
