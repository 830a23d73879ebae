#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { EXIT } from './errors.js';
import { runProgram } from './run.js';
import { findVersion } from './version.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

// The reader of the output has closed it: `xsendfile serve … | head`.
process.stdout.on('error', () => process.exit(EXIT.failure));

void runProgram(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  // Created when it is read from: not every parent process has one.
  get stdin() {
    return process.stdin;
  },
  env: process.env,
  version: findVersion(realpathSync(process.argv[1] ?? '.')),
  now: () => Date.now(),
  onSignal(callback) {
    for (const signal of SIGNALS) process.on(signal, callback);
    return () => {
      for (const signal of SIGNALS) process.off(signal, callback);
    };
  },
}).then((exitCode) => {
  process.exitCode = exitCode;
});
