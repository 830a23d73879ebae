import { dirname } from 'node:path';
import { type XSendfileOptions, xsendfile } from '../../lib/index.js';
import { itNeeds } from '../helpers/needs.js';
import { Connection, type RawResponse } from '../helpers/raw-request.js';
import { listen } from '../helpers/servers.js';
import { ATTACKERS, INSIDE, OUTSIDE, startAttack } from './attackers.js';

const DURATION_MS = 2000;
const CONNECTIONS = 8;
/** So many requests without success would mean that the attack does not work. */
const ATTEMPTS = 20_000;
const TARGETS = ['/f.txt', '/d/f.txt'];

/** Goes on asking on kept connections until told to stop. */
async function askAgainAndAgain(
  port: number,
  targets: readonly string[],
  isEnough: (answer: RawResponse, count: number) => boolean,
): Promise<void> {
  let count = 0;
  let isOver = false;
  const askInALoop = async (): Promise<void> => {
    const connection = await Connection.open(port);
    while (!isOver) {
      count += 1;
      const target = targets[count % targets.length] ?? '';
      if (isEnough(await connection.request({ target }), count)) isOver = true;
    }
    connection.destroy();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, askInALoop));
}

function serve(root: string, options: XSendfileOptions): Promise<number> {
  const handler = xsendfile(root, { sender: 'serve', ...options });
  return listen((req, res) => handler(req, res));
}

describe.each(ATTACKERS)('xsendfile(root) while files are swapped by $title', (attacker) => {
  const itIfAvailable = itNeeds(attacker.needs, attacker.isAvailable);

  itIfAvailable('sends files from outside with symlinks: follow, so the attack works', async () => {
    const attack = await startAttack(attacker);
    const port = await serve(attack.root, { symlinks: 'follow' });
    const outside = new Set<string>();
    for (const target of TARGETS) {
      await askAgainAndAgain(port, [target], ({ body }, count) => {
        if (String(body) === OUTSIDE) outside.add(target);
        return outside.has(target) || count > ATTEMPTS;
      });
    }
    await attack.stop();
    expect([...outside]).toEqual(TARGETS);
  });

  itIfAvailable.each(['inside', 'deny'] as const)(
    "sends no byte from outside with symlinks: '%s'",
    async (symlinks) => {
      const attack = await startAttack(attacker);
      const port = await serve(attack.root, { symlinks });
      const end = Date.now() + DURATION_MS;
      const seen = new Set<string>();
      await askAgainAndAgain(port, TARGETS, ({ status, headers, body }) => {
        seen.add(`${status} ${headers['content-length']} ${String(body).trim()}`);
        return Date.now() > end;
      });
      await attack.stop();
      expect([...seen].sort()).toEqual([`200 ${INSIDE.length} ${INSIDE}`, '404 10 Not Found']);
    },
  );

  const TENANT_TARGETS = TARGETS.map((target) => `/files${target}`);

  itIfAvailable(
    'sends files of another directory without within, so the attack works',
    async () => {
      const attack = await startAttack(attacker);
      const port = await serve(dirname(attack.root), {});
      const seen = new Set<string>();
      await askAgainAndAgain(port, TENANT_TARGETS, ({ body }, count) => {
        seen.add(String(body));
        return seen.has(OUTSIDE) || count > ATTEMPTS;
      });
      await attack.stop();
      expect(seen).toContain(OUTSIDE);
    },
  );

  itIfAvailable('sends no byte of another directory of the root with within', async () => {
    const attack = await startAttack(attacker);
    const port = await serve(dirname(attack.root), { within: () => 'files' });
    const end = Date.now() + DURATION_MS;
    const seen = new Set<string>();
    await askAgainAndAgain(port, TENANT_TARGETS, ({ status, headers, body }) => {
      seen.add(`${status} ${headers['content-length']} ${String(body).trim()}`);
      return Date.now() > end;
    });
    await attack.stop();
    expect([...seen].sort()).toEqual([`200 ${INSIDE.length} ${INSIDE}`, '404 10 Not Found']);
  });
});
