// @ts-check
// The users. A real portal has them in a database, and shows no passwords on the login page.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const MIB = 1024 * 1024;

/**
 * rate: maximum bytes per second of each download; undefined for no limit. isAdmin: whether the user
 * sees all downloads.
 *
 * @typedef {{ name: string, password: string, rate?: number, isAdmin?: boolean }} User
 */

/** @type {User[]} */
export const SAMPLE_USERS = [
  { name: 'alice', password: 'wonderland' },
  { name: 'bob', password: 'can-we-fix-it', rate: 4 * MIB },
  { name: 'admin', password: 'all-seeing', isAdmin: true },
];

/** The names and passwords, for the terminal. */
export function describeUsers() {
  return SAMPLE_USERS.map(({ name, password }) => `${name} (${password})`).join(', ');
}

/** @param {string | undefined} name */
export function userOf(name) {
  return SAMPLE_USERS.find((user) => user.name === name);
}

/** OWASP's recommendation for scrypt: 32 MiB, three times. */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 };
const HASH_BYTES = 32;

/** @type {Map<string, { salt: Buffer, hashed: Buffer }>} */
const users = new Map();
await Promise.all(
  SAMPLE_USERS.map(async ({ name, password }) => {
    const salt = randomBytes(16);
    users.set(name, { salt, hashed: await hash(password, salt) });
  }),
);

/** Matches no password; compared for unknown users. */
const nobody = { salt: randomBytes(16), hashed: randomBytes(HASH_BYTES) };

/**
 * Whether this is the user's password. Unknown users take as long as wrong passwords, so the time
 * does not reveal which names exist.
 *
 * @param {string} name
 * @param {string} password
 */
export async function isPasswordOf(name, password) {
  const { salt, hashed } = users.get(name) ?? nobody;
  return timingSafeEqual(await hash(password, salt), hashed);
}

/**
 * @param {string} password
 * @param {Buffer} salt
 * @returns {Promise<Buffer>}
 */
function hash(password, salt) {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, COST, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
