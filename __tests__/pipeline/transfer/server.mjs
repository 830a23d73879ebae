// A server in a process of its own, whose descriptors, memory and warnings are its own, too.
// Uses the package as it was built. Takes { root, options, observer } as JSON, then commands.
import { channel } from 'node:diagnostics_channel';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { xsendfile } from 'xsendfile';

const { root, options, observer } = JSON.parse(process.argv[2] ?? '{}');

/** @type {import('xsendfile').Outcome[]} */
const outcomes = [];
/** @type {string[]} */
const warnings = [];
/** @type {number[]} */
const hoarded = [];
let requests = 0;

process.on('warning', (/** @type {NodeJS.ErrnoException} */ { name, code, message }) => {
  warnings.push(`${code ?? name}: ${message.split('\n')[0]}`);
});
if (observer === 'subscriber that throws') {
  channel('xsendfile:outcome').subscribe(() => {
    throw new Error('subscriber');
  });
  // As on every channel of Node.
  process.on('uncaughtException', ({ message }) => warnings.push(`uncaught: ${message}`));
}

/** @param {import('xsendfile').Outcome} outcome */
function onFinish(outcome) {
  outcomes.push(outcome);
  if (observer === 'hook that throws') throw new Error('hook');
  return observer === 'hook that rejects' ? Promise.reject(new Error('promise')) : undefined;
}

const handler = xsendfile(root, { ...options, onFinish });
const server = createServer((req, res) => {
  requests += 1;
  // A bug of a middleware's: the method that the client names throws.
  const sabotaged = req.headers['x-sabotage'];
  if (typeof sabotaged === 'string') {
    Object.assign(res, {
      [sabotaged]() {
        throw sabotaged === 'end' ? Object.create(null) : new Error(sabotaged);
      },
    });
  }
  handler(req, res);
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));

/** @type {Record<string, () => unknown>} */
const commands = {
  count: () => ({
    requests,
    outcomes: outcomes.length,
    descriptors: readdirSync('/proc/self/fd').length,
    rss: process.memoryUsage.rss(),
  }),
  outcomes: () => outcomes,
  warnings: () => warnings,
  /** Opens files until there are no descriptors left. */
  exhaust: () => {
    try {
      for (;;) hoarded.push(openSync('/dev/null', 'r'));
    } catch (error) {
      return /** @type {NodeJS.ErrnoException} */ (error).code;
    }
  },
  release: () => {
    for (const descriptor of hoarded.splice(0)) closeSync(descriptor);
  },
};

process.on('message', (command) => {
  process.send?.({ reply: commands[String(command)]?.() });
});
process.on('disconnect', () => process.exit());
