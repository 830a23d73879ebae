// @ts-check
// Differences between machines.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { delimiter, dirname } from 'node:path';

/** PATH may lack the directories where servers are installed. */
export const env = {
  ...process.env,
  PATH: [process.env.PATH, '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'].join(delimiter),
};

/**
 * Returns the version that a program prints; undefined if it is not installed.
 *
 * @param {string} program
 * @returns {string | undefined}
 */
export function versionOf(program) {
  const { error, stdout, stderr } = spawnSync(program, ['-v'], { env, encoding: 'utf8' });
  return error ? undefined : /\/(\d+\.\d+\.\d+)/.exec(stdout + stderr)?.[1];
}

/**
 * User whose processes send the files if root starts the server.
 *
 * @typedef {{ name: string, group: string, id: number }} User
 */

/**
 * Gives the processes of a front-end server, and no other users, access to a directory. If root starts
 * the server, they run as another user; otherwise they run as the current user, who has access.
 *
 * @param {string} directory
 * @returns {User | undefined} undefined unless run as root
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
      fail(`The server (as ${user}) cannot enter ${parent}. Use another directory: TMPDIR=/tmp`);
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
 * Checks that a port is free, because servers report that in different ways, or retry for seconds.
 *
 * @param {number} port - 0 selects a free one
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
 * Whether a program listens on the port.
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
