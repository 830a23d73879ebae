import type { FrontEnd } from '../helpers/front-end-server.js';
import { describeWithPrograms } from '../helpers/programs.js';
import { letFilesSettle } from '../helpers/settled-files.js';
import { describeNames } from './difficult-names.js';
import { describeDownloads } from './downloads.js';
import { describeHeaders } from './headers.js';
import { describeRefusals } from './refusals.js';
import { type Site, startSite } from './site.js';
import { describeTrust } from './trust.js';

const START_TIMEOUT_MS = 180_000;

/** Runs all tests against one server. */
export function describeFrontEnd(frontEnd: FrontEnd): void {
  describeWithPrograms(frontEnd.name, [frontEnd.name], () => describeAll(frontEnd));
}

function describeAll(frontEnd: FrontEnd): void {
  let running: Site | undefined;

  beforeAll(async () => {
    running = await startSite(frontEnd);
  }, START_TIMEOUT_MS);

  afterAll(() => running?.close());

  beforeEach(letFilesSettle);
  afterEach(() => jest.restoreAllMocks());

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
