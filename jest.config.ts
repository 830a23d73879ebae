/**
 * Its types are checked by "npm run typecheck"; doing it here would delay each run by seconds.
 *
 * @jest-config-loader-options {"transpileOnly":true,"compilerOptions":{"module":"CommonJS","moduleResolution":"Bundler"}}
 */
import { availableParallelism } from 'node:os';
import type { Config } from 'jest';

const config: Config = {
  testEnvironment: 'node',
  // A test file keeps about half of a core busy; the rest of the time it waits for servers and programs that it
  // started. Jest's default of one worker less than there are cores would leave most of two cores idle.
  maxWorkers: 2 * availableParallelism(),
  // Only a guard against what hangs: machines that are shared can be very slow.
  testTimeout: 60_000,
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  // A dependency of Fastify's inject() is an ES module, which jest requires from Node 24.9 on only.
  transform: { '\\.ts$|/cookie/dist/.*\\.js$': ['ts-jest', { tsconfig: 'tsconfig.test.json' }] },
  transformIgnorePatterns: ['^(?!.*/cookie/dist/).*/node_modules/'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  reporters: ['default', '<rootDir>/scripts/skipped-tests.mjs'],
  coverageProvider: 'v8',
  collectCoverageFrom: ['lib/**/*.ts'],
  // Only with --coverage. `v8 ignore` comments in the code say why a branch cannot be reached.
  coverageThreshold: { global: { branches: 97 } },
};

export default config;
