// Mutation testing: changes the code in many small ways, and expects a test to fail for each.
//
//     npm run mutation                            all folders, one after the other: some hours
//     npm run mutation -- http links/schemes      these
//     npm run mutation -- pipeline/plan.ts        this file
//
// A report for each folder is in reports/mutation/; a later run tests only what has changed. XSENDFILE_WORKERS is the
// number of processes, 1 by default. The score of a folder must not be below 92 %.
//
// scripts/mutation-survivors.md lists the changes that no test notices, with the reasons.
import { Stryker } from '@stryker-mutator/core';

/**
 * The tests of each folder: those without servers where possible, because each of them runs many times.
 *
 * @type {Record<string, { only?: string; tests: readonly string[] }>}
 */
const FOLDERS = {
  'request-path': { tests: ['request-path/{from-request,sanitize,spellings}'] },
  http: { tests: ['http/{conditions,create,http-date,ranges,store-conditions}'] },
  representation: {
    tests: [
      'representation/{accept-encoding,content,describe,precompressed,remembered,times,validators}',
    ],
  },
  // The stores of uses need Redis.
  links: {
    only: '{*,schemes/*}.ts',
    tests: [
      'links/{addresses,confirmation,cookies,link-signer,malformed,mount-path,options,schemes,shared,signer}',
    ],
  },
  sources: {
    tests: [
      'shared/buffer',
      'sources/{file-times,identity}',
      'sources/{directory,store}/{caching,descriptor,directory,file,list,reading,remote,root,shared}',
    ],
  },
  // What decides, without what runs the steps: those need a request.
  pipeline: {
    only: '{can-offload,plan}.ts',
    tests: ['pipeline/{can-offload,plan}'],
  },
  // What computes, without what writes: that needs a connection.
  respond: {
    only: '{chunk-size,throttle,node/response-head,node/weaken-etag}.ts',
    tests: ['respond'],
  },
  // Configurations are compared with files, and senders asked for headers: none of these needs a server.
  servers: {
    tests: [
      'servers/{addresses,config,doctor,front-end,generated,handshake,header,reports,resolve,traits}',
      'frontends/{config-options,wrong-options}',
      'doctor/docs',
    ],
  },
  handlers: { tests: ['handlers'] },
  // Without those that read the documentation.
  node: {
    tests: [
      'node/{auth,default,mounting,request,traps}',
      'node/offload/{call,file,offload,report,senders}',
    ],
  },
};

const LOWEST_SCORE = 92;

/** @type {Map<string, string[]>} */
const wanted = new Map();
const given = process.argv.slice(2);
for (const path of given.length > 0 ? given : Object.keys(FOLDERS)) {
  const [folder = '', ...rest] = path.split('/');
  if (!Object.hasOwn(FOLDERS, folder)) {
    console.error(`mutation: no tests for ${path}. Give some of ${Object.keys(FOLDERS)}, or none.`);
    process.exit(2);
  }
  const part = rest.length > 0 ? rest.join('/') : (FOLDERS[folder]?.only ?? '**/*.ts');
  const files = part.endsWith('.ts') ? part : `${part}/**/*.ts`;
  wanted.set(folder, [...(wanted.get(folder) ?? []), `lib/${folder}/${files}`]);
}

for (const [folder, mutate] of wanted) {
  const report = `reports/mutation/${folder}`;
  const tests = FOLDERS[folder]?.tests ?? [];
  await new Stryker({
    mutate,
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
    ignorePatterns: [
      '/bench',
      '/coverage',
      '/dist',
      '/docs/images',
      '/reports',
      '/examples/*/data',
    ],
    reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
    htmlReporter: { fileName: `${report}.html` },
    jsonReporter: { fileName: `${report}.json` },
    thresholds: { high: 95, low: LOWEST_SCORE, break: LOWEST_SCORE },
  }).runMutationTest();
}
