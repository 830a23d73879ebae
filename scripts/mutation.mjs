// Mutation testing: changes the code in many small ways, and expects a test to fail for each.
//
//     npm run mutation                  all folders, one after the other: an hour and more
//     npm run mutation -- http links    these
//
// A report for each folder is in reports/mutation/; a later run tests only what has changed. XSENDFILE_WORKERS is the
// number of processes, 1 by default. The score of a folder must not be below 90 %.
//
// scripts/mutation-survivors.md lists the changes that no test notices, with the reasons.
import { Stryker } from '@stryker-mutator/core';

/** The tests of each folder: those without servers, because each of them runs many times. */
const TESTS = {
  'request-path': ['request-path/{from-request,sanitize,spellings}'],
  http: ['http/{conditions,create,http-date,ranges}'],
  representation: ['representation/{accept-encoding,content,describe,precompressed,remembered}'],
  links: [
    'links/{addresses,cookies,link-signer,malformed,mount-path,options,schemes,shared,signer}',
  ],
  sources: [
    'shared/buffer',
    'sources/{file,identity}',
    'sources/{directory,store}/{caching,descriptor,file,reading,remote,root}',
  ],
};

const LOWEST_SCORE = 90;

/** @param {string} name */
const isFolder = (name) => Object.hasOwn(TESTS, name);
const given = process.argv.slice(2);
const unknown = given.filter((name) => !isFolder(name));
if (unknown.length > 0) {
  console.error(`mutation: no tests for ${unknown}. Give some of ${Object.keys(TESTS)}, or none.`);
  process.exit(2);
}

for (const [folder, tests] of Object.entries(TESTS)) {
  if (given.length > 0 && !given.includes(folder)) continue;
  const report = `reports/mutation/${folder}`;
  await new Stryker({
    // The stores of uses need Redis.
    mutate: [`lib/${folder}/**/*.ts`, '!lib/links/uses/**'],
    testRunner: 'jest',
    jest: {
      configFile: 'jest.config.ts',
      enableFindRelatedTests: false,
      config: { testMatch: tests.map((path) => `<rootDir>/__tests__/${path}{/**/*,*}.test.ts`) },
    },
    coverageAnalysis: 'perTest',
    incremental: true,
    incrementalFile: `${report}.incremental.json`,
    concurrency: Number(process.env.XSENDFILE_WORKERS ?? 1),
    // Only a guard against what hangs.
    timeoutMS: 20_000,
    // A process becomes slower with each mutant: Jest keeps memory.
    maxTestRunnerReuse: 20,
    tempDirName: 'reports/stryker',
    ignorePatterns: ['/bench', '/coverage', '/dist', '/docs', '/reports', '/examples/*/data'],
    reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    htmlReporter: { fileName: `${report}.html` },
    jsonReporter: { fileName: `${report}.json` },
    thresholds: { high: 95, low: LOWEST_SCORE, break: LOWEST_SCORE },
  }).runMutationTest();
}
