import type { SenderName } from '../../lib/index.js';
import type { Promised } from './promises.js';
import type { Exchange, SourceCase } from './served.js';

/** What the front end of each sender gets. */

interface FrontEnd {
  readonly header: string;
  readonly prefix: (directory: string) => string;
}

const absolute = (directory: string): string => `${directory}/`;

/** How each sender names a file to its front end. */
const FRONT_ENDS: Readonly<Partial<Record<SenderName, FrontEnd>>> = {
  standard: { header: 'x-sendfile', prefix: absolute },
  apache: { header: 'x-sendfile', prefix: absolute },
  lighttpd: { header: 'x-sendfile', prefix: absolute },
  nginx: { header: 'x-accel-redirect', prefix: () => '/-internal-/' },
  caddy: { header: 'x-accel-redirect', prefix: () => '/' },
  h2o: { header: 'x-reproxy-url', prefix: () => 'http://files.internal:81/' },
};

/** The path in a header, as the front end understands it. */
function decodePath(sender: SenderName, value = ''): string {
  // mod_xsendfile takes the bytes of the name.
  return sender === 'apache' ? Buffer.from(value, 'latin1').toString() : decodeURIComponent(value);
}

/** Checks that a response names the file to the front end, and has nothing of it. */
export function expectOffloaded(
  { response, outcome }: Exchange,
  { sender, source, name }: { sender: SenderName; source: SourceCase; name: string },
): void {
  expect([response.status, response.body.length]).toEqual([200, 0]);
  expect(response.headers['content-length']).toBe('0');
  expect(outcome).toMatchObject({ kind: 'offloaded', status: 200, bytes: 0, sender });
  expect(outcome.path).toBe(source.pathOf(name));
  expect(outcome).not.toHaveProperty('range');
  const { header, prefix } = FRONT_ENDS[sender] as FrontEnd;
  const value = response.headers[header];
  if (source.directory === undefined) {
    expect(value).toMatch(/^\/-remote-\/http\/127\.0\.0\.1:\d+/);
    const url = decodeURIComponent(
      String(response.headers['x-sendfile-remote']).split('?')[0] ?? '',
    );
    expect(url.endsWith(`/${name}`)).toBe(true);
  } else {
    const path = `${prefix(source.directory)}${source.pathOf(name)}`;
    expect(decodePath(sender, value)).toBe(path);
  }
}

/** Checks that a response shows no path. */
export function expectNoControlHeader({ response: { headers } }: Exchange): void {
  for (const header of ['x-sendfile', 'x-accel-redirect', 'x-reproxy-url', 'x-sendfile-remote']) {
    expect(headers).not.toHaveProperty(header);
  }
}

/** Whether a sender leaves the response to its front end. */
export function isOffloaded(promised: Promised, source: SourceCase, sender: SenderName): boolean {
  const { isNeverOffloaded, isNeverOffloadedToH2o } = promised;
  if (!source.offloads.includes(sender)) return false;
  if (sender === 'h2o' && isNeverOffloadedToH2o === true) return false;
  return isNeverOffloaded !== true || !source.isKnownBeforehand;
}
