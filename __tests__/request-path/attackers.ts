import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTree } from '../helpers/tree.js';

/** What is in the root, and what is not; of different lengths, so that a size tells them apart. */
export const INSIDE = 'inside of the root';
export const OUTSIDE = 'this must not be seen by anybody';

/** A program that swaps files for links to outside as fast as it can. */
export interface Attacker {
  readonly title: string;
  readonly command: string;
  readonly script: string;
  readonly isAvailable: boolean;
  /** What it takes to be available. */
  readonly needs: string;
}

/** With what every program may do: a new name over an old one. */
const RENAMING = `
const { linkSync, renameSync, symlinkSync, unlinkSync } = require('node:fs');
process.chdir(process.argv[2]);
for (let round = 0; ; round += 1) {
  symlinkSync('../outside/f.txt', '.new');
  renameSync('.new', 'f.txt');
  renameSync('d', '.d');
  symlinkSync('../outside', 'd');
  linkSync('.f.txt', '.new');
  renameSync('.new', 'f.txt');
  unlinkSync('d');
  renameSync('.d', 'd');
  if (round === 10) process.stdout.write('ready');
}
`;

/** With what Linux can do: two names change places, and neither is ever missing. */
const EXCHANGING = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, RENAME_EXCHANGE = -100, 2
def exchange(a, b):
    if libc.renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
os.chdir(sys.argv[1])
rounds = 0
while True:
    exchange(b'f.txt', b'.f.link')
    exchange(b'd', b'.d.link')
    rounds += 1
    if rounds == 10:
        os.write(1, b'ready')
    if rounds == 10 and len(sys.argv) > 2:
        sys.exit(0)
`;

/** Whether Python, libc and this file system can do it. */
function canExchange(): boolean {
  if (process.platform !== 'linux') return false;
  const { root, script } = prepare({ command: 'python3', script: EXCHANGING });
  return spawnSync('python3', [script, root, 'once']).stdout?.toString() === 'ready';
}

export const ATTACKERS: readonly Attacker[] = [
  {
    title: 'rename()',
    command: process.execPath,
    script: RENAMING,
    // Elsewhere an open file cannot be asked where it lies: best effort, which loses in the end.
    isAvailable: process.platform === 'linux',
    needs: 'Linux',
  },
  {
    title: 'renameat2()',
    command: 'python3',
    script: EXCHANGING,
    isAvailable: canExchange(),
    needs: 'Linux, python3 and a file system with renameat2()',
  },
];

function prepare({ command, script }: Pick<Attacker, 'command' | 'script'>): {
  root: string;
  script: string;
} {
  const site = createTree({
    'files/f.txt': INSIDE,
    'files/.f.txt': INSIDE,
    'files/d/f.txt': INSIDE,
    'files/.f.link': { link: '../outside/f.txt' },
    'files/.d.link': { link: '../outside' },
    'outside/f.txt': OUTSIDE,
  });
  const file = join(site, command === 'python3' ? 'attack.py' : 'attack.cjs');
  writeFileSync(file, script);
  return { root: join(site, 'files'), script: file };
}

/** An attack under way. */
export interface Attack {
  /** The directory that is attacked: `f.txt` and `d/f.txt` are in it, or lead out of it. */
  readonly root: string;
  /** Ends it; throws if it had ended by itself. */
  stop(): Promise<void>;
}

export async function startAttack(attacker: Attacker): Promise<Attack> {
  const { root, script } = prepare(attacker);
  const child: ChildProcess = spawn(attacker.command, [script, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = once(child, 'exit');
  const ready = child.stdout === null ? exited : once(child.stdout, 'data');
  await Promise.race([ready, exited]);
  return {
    root,
    async stop() {
      process.off('exit', kill);
      if (child.exitCode !== null) throw new Error(`the attack ended with ${child.exitCode}`);
      kill();
      await exited;
    },
  };
}
