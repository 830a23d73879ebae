// @ts-check
// What differs between one machine and the next.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname } from 'node:path';

/** Not everybody's PATH has the directories where nginx is. */
export const env = {
  ...process.env,
  PATH: [process.env.PATH, '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'].join(delimiter),
};

/**
 * Arguments for the nginx that is installed; undefined if none is.
 *
 * @returns {string[] | undefined}
 */
export function findNginx() {
  const { error, stderr } = spawnSync('nginx', ['-v'], { env, encoding: 'utf8' });
  if (error) return undefined;
  const [, major = 0, minor = 0, patch = 0] = /\/(\d+)\.(\d+)\.(\d+)/.exec(stderr) ?? [];
  const version = Number(major) * 1e6 + Number(minor) * 1e3 + Number(patch);
  // Until it has read the configuration, nginx logs to where only root may write; older ones insist.
  return version >= 1_019_005 ? ['-e', 'stderr'] : [];
}

/**
 * Lets nginx's workers into a directory, and no other users. Those of root's nginx run as somebody
 * else; anybody else's run as that user, who needs nothing.
 *
 * @param {string} directory
 * @returns {string[]} arguments for nginx
 */
export function letWorkersIn(directory) {
  if (process.getuid?.() !== 0) return [];
  const user = ['www-data', 'nginx', 'nobody'].find((name) => idOf('-u', name) !== undefined);
  if (user === undefined)
    fail('There is no user www-data, nginx or nobody for the workers of nginx.');
  chownSync(directory, 0, Number(idOf('-g', user)));
  chmodSync(directory, 0o710);
  for (let parent = dirname(directory); parent !== dirname(parent); parent = dirname(parent)) {
    if ((statSync(parent).mode & 0o001) === 0) {
      fail(
        `The workers of nginx (${user}) cannot enter ${parent}. Take another place: TMPDIR=/tmp`,
      );
    }
  }
  return ['-g', `user ${user} ${idOf('-gn', user)};`];
}

/**
 * @param {'-u' | '-g' | '-gn'} what
 * @param {string} user
 */
function idOf(what, user) {
  const { status, stdout } = spawnSync('id', [what, user], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** nginx itself would try for seconds. @param {number} port */
export async function checkPort(port) {
  try {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
  } catch (error) {
    fail(
      `Cannot use port ${port} (${/** @type {Error} */ (error).message}). Take another one: NGINX_PORT=8081 npm run example:nginx`,
    );
  }
}

/**
 * @param {string} message
 * @returns {never}
 */
export function fail(message) {
  console.error(message);
  process.exit(1);
}
