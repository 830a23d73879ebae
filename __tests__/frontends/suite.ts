import { type FrontEnd, listMissingFiles } from '../helpers/front-end-server.js';
import { describeNames } from './difficult-names.js';
import { describeDownloads } from './downloads.js';
import { describeHeaders } from './headers.js';
import { describeRefusals } from './refusals.js';
import { type Site, startSite } from './site.js';
import { describeTrust } from './trust.js';

const ENABLE = 'XSENDFILE_INSTALL=1 node scripts/front-ends.mjs, as root';
const START_TIMEOUT_MS = 180_000;

/**
 * Runs all tests against one server. Where it is not installed they are skipped, except in CI,
 * which would otherwise be green without them.
 */
export function describeFrontEnd(frontEnd: FrontEnd): void {
  const { name } = frontEnd;
  const missing = listMissingFiles(name);
  if (missing.length === 0) {
    describe(name, () => describeAll(frontEnd));
  } else if (process.env.CI === 'true') {
    it(`needs ${name}`, () => {
      throw new Error(`${missing.join(', ')} not found. Enable: ${ENABLE}.`);
    });
  } else {
    describe.skip(`${name} is not installed; enable with: ${ENABLE}`, () => describeAll(frontEnd));
  }
}

function describeAll(frontEnd: FrontEnd): void {
  let running: Site | undefined;

  beforeAll(async () => {
    running = await startSite(frontEnd);
  }, START_TIMEOUT_MS);

  afterAll(() => running?.close());

  function site(): Site {
    if (running === undefined) throw new Error(`${frontEnd.name} is not running`);
    return running;
  }

  describeDownloads(frontEnd.name, site);
  describeHeaders(frontEnd.name, site);
  describeRefusals(frontEnd.name, site);
  describeNames(frontEnd.name, site);
  describeTrust(frontEnd.name, site);
}
