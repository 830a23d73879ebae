import { type FrontEndName, listMissingFiles } from '../helpers/front-end-server.js';

const ENABLE = 'XSENDFILE_INSTALL=1 node scripts/front-ends.mjs, as root';

/** Where a server is not installed its tests are skipped, except in CI. */
export function describeServers(
  what: string,
  servers: readonly FrontEndName[],
  describeAll: () => void,
): void {
  const missing = servers.flatMap(listMissingFiles);
  if (missing.length === 0) {
    describe(what, describeAll);
  } else if (process.env.CI === 'true') {
    it(`needs ${servers.join(', ')}`, () => {
      throw new Error(`${missing.join(', ')} not found. Enable: ${ENABLE}.`);
    });
  } else {
    describe.skip(`${what}: ${missing.join(', ')} not found; enable with: ${ENABLE}`, describeAll);
  }
}
