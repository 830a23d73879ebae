// @ts-check
// What differs between one machine and the next.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { delimiter, dirname } from 'node:path';

/** Not everybody's PATH has the directories where servers are. */
export const env = {
  ...process.env,
  PATH: [process.env.PATH, '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'].join(delimiter),
};

/**
 * The version that a program prints when it is asked to; undefined if it is not installed.
 *
 * @param {string} program
 * @returns {string | undefined}
 */
export function versionOf(program) {
  const { error, stdout, stderr } = spawnSync(program, ['-v'], { env, encoding: 'utf8' });
  return error ? undefined : /\/(\d+\.\d+\.\d+)/.exec(stdout + stderr)?.[1];
}

/**
 * Whose processes are to send the files, when root starts the server.
 *
 * @typedef {{ name: string, group: string, id: number }} User
 */

/**
 * Lets the processes of a front-end server into a directory, and no other users. Those that root
 * starts run as somebody else; anybody else's run as that user, who needs nothing.
 *
 * @param {string} directory
 * @returns {User | undefined} undefined if nobody but root could choose one
 */
export function letWorkersIn(directory) {
  if (process.getuid?.() !== 0) return undefined;
  const user = ['www-data', 'nginx', 'apache', 'lighttpd', 'nobody'].find(
    (name) => idOf('-u', name) !== undefined,
  );
  if (user === undefined) fail('There is no user www-data or nobody to run the server.');
  chownSync(directory, 0, Number(idOf('-g', user)));
  chmodSync(directory, 0o710);
  for (let parent = dirname(directory); parent !== dirname(parent); parent = dirname(parent)) {
    if ((statSync(parent).mode & 0o001) === 0) {
      fail(`The server (as ${user}) cannot enter ${parent}. Take another place: TMPDIR=/tmp`);
    }
  }
  return { name: user, group: String(idOf('-gn', user)), id: Number(idOf('-u', user)) };
}

/**
 * @param {'-u' | '-g' | '-gn'} what
 * @param {string} user
 */
function idOf(what, user) {
  const { status, stdout } = spawnSync('id', [what, user], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * The servers themselves would say so in their own words, or try for seconds.
 *
 * @param {number} port - 0 takes a free one
 * @param {string} cure - shown if the port cannot be used
 * @returns {Promise<number>} the port to use
 */
export async function checkPort(port, cure) {
  try {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = /** @type {import('node:net').AddressInfo} */ (server.address());
    server.close();
    await once(server, 'close');
    return address.port;
  } catch (error) {
    return fail(`Cannot use port ${port} (${/** @type {Error} */ (error).message}). ${cure}`);
  }
}

/**
 * Whether somebody listens there.
 *
 * @param {number} port
 */
export async function isOpen(port) {
  const socket = connect(port, '127.0.0.1');
  const result = once(socket, 'connect').then(
    () => true,
    () => false,
  );
  return result.finally(() => socket.destroy());
}

/**
 * @param {string} message
 * @returns {never}
 */
export function fail(message) {
  console.error(message);
  process.exit(1);
}
