// Installs Debian packages for the tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const OUR_POLICY =
  '#!/bin/sh\n# Put here for a moment by a script of the npm package xsendfile.\nexit 101\n';
const policy = '/usr/sbin/policy-rc.d';
const aside = `${policy}.before-xsendfile`;

export const isRoot = process.getuid?.() === 0;

/** Packages are installed where nobody minds: in CI, or when asked to, and by root only. */
export const mayInstall =
  isRoot && (process.env.CI === 'true' || process.env.XSENDFILE_INSTALL === '1');

/**
 * Installs Debian packages without starting the services in them.
 *
 * @param {readonly string[]} packages
 * @throws if apt-get fails.
 */
export async function install(packages) {
  await aptGet('update');
  // Half a dpkg run is worse than a late exit, and one that went on alone could start services: signals wait.
  /** @type {NodeJS.Signals | undefined} */
  let signal;
  /** @param {NodeJS.Signals} received */
  const postpone = (received) => {
    signal = received;
  };
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const name of signals) process.on(name, postpone);
  try {
    forbidServices();
    // A machine that has just booted may be updating itself.
    const patience = ['-o', 'DPkg::Lock::Timeout=120'];
    await aptGet('install', '--yes', '--no-install-recommends', ...patience, ...packages);
  } finally {
    allowServices();
    for (const name of signals) process.off(name, postpone);
    if (signal !== undefined) process.kill(process.pid, signal);
  }
}

/** @param {string[]} args */
async function aptGet(...args) {
  const child = spawn('apt-get', args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    // Out of reach of Ctrl-C, which a terminal sends to the whole process group.
    detached: args[0] === 'install',
  });
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`apt-get ${args[0]} failed (${code ?? signal}).`);
}

/**
 * Debian starts a server as soon as it is installed, unless policy-rc.d says 101: "forbidden by policy". A policy that
 * is there already is moved aside and back, so that it stays the very same file. Ours may be left from a run that was
 * killed: it is nobody's to keep.
 */
function forbidServices() {
  if (existsSync(policy) && !isOurs()) renameSync(policy, aside);
  writeFileSync(policy, OUR_POLICY, { mode: 0o755 });
}

function allowServices() {
  if (existsSync(aside)) renameSync(aside, policy);
  else if (existsSync(policy) && isOurs()) rmSync(policy);
}

function isOurs() {
  return readFileSync(policy, 'utf8') === OUR_POLICY;
}
