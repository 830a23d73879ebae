import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createFrontEndConfig,
  type FrontEndConfigOptions,
  type FrontEndServer,
} from '../../lib/frontends/index.js';

const DIRECTORY = join(__dirname, '../fixtures/configurations/generated');
const ROOT = '/srv/files';
const HANDSHAKE = 'a-handshake-"100%"-of-\\-many';
const REPORTS = 'udp://[::1]:5140';
/** What each server has to escape, or sets only on request. */
const ALL: FrontEndConfigOptions = {
  handshake: HANDSHAKE,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of the servers.
  scratch: '/tmp/$a ${b} "c',
  user: 'files',
  group: 'web',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Apache's.
  modules: '/opt/${apache}/modules',
  listen: '[::1]:8080',
  upstream: 'http://[fd00::1]:3001',
};

type Case = readonly [server: FrontEndServer, name: string, options: FrontEndConfigOptions];
const ROOTS = [{ root: '/srv/a b' }, { root: '/app', frontendRoot: '/srv/$b "c"' }];
const AT_PATHS = [
  { root: '/srv/a b', location: '/-a-/' },
  { root: '/app', frontendRoot: '/srv/$b "c"', location: '/-%C3%BC%20b-/' },
];
const ON_HOSTS = [
  { root: '/srv/a b', location: 'http://files.internal/a%20b/' },
  { root: '/srv/c', location: 'http://files.internal/c' },
  { root: '/app', frontendRoot: '/srv/"\u0085\u2028', location: 'http://other:81/' },
];
const ELSEWHERE: FrontEndConfigOptions = {
  root: ROOT,
  standalone: false,
  listen: '127.0.0.1:8080',
  handshake: HANDSHAKE,
};

const CASES: readonly Case[] = [
  ['nginx', 'root', { root: ROOT }],
  ['nginx', 'all', { ...ALL, files: AT_PATHS, reports: REPORTS, passHeaders: ['Repr-Digest'] }],
  ['nginx', 'part', ELSEWHERE],
  ['nginx', 'remotes', { remotes: [{ origin: 'http://store.internal:9000' }], reports: REPORTS }],
  ['apache', 'root', { root: ROOT }],
  ['apache', 'all', { ...ALL, files: ROOTS, reports: REPORTS }],
  ['apache', 'part', ELSEWHERE],
  ['lighttpd', 'root', { root: ROOT }],
  ['lighttpd', 'all', { ...ALL, files: ROOTS }],
  ['lighttpd', 'part', { ...ELSEWHERE, reports: REPORTS }],
  ['caddy', 'root', { root: ROOT }],
  ['caddy', 'all', { ...ALL, files: AT_PATHS }],
  ['caddy', 'part', ELSEWHERE],
  ['h2o', 'root', { root: ROOT }],
  ['h2o', 'all', { ...ALL, embedding: 'any', files: ON_HOSTS }],
  ['h2o', 'part', ELSEWHERE],
];

// XSENDFILE_UPDATE=1 writes the files, for a change of the configurations that is meant.
describe('createFrontEndConfig(server, options)', () => {
  it.each(CASES)('writes %s-%s.conf, byte for byte', (server, name, options) => {
    const file = join(DIRECTORY, `${server}-${name}.conf`);
    const text = createFrontEndConfig(server, options);
    if (process.env.XSENDFILE_UPDATE === '1') writeFileSync(file, text);
    expect(existsSync(file) ? readFileSync(file, 'utf8') : undefined).toBe(text);
  });
});
