// A contestant in a process of its own: node bench/server.mjs <name> <root>
// Prints its port. Answers /-usage with what it has used, for those who measure memory and CPU.
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CONTESTANTS } from './contestants.mjs';

const [name = '', root = ''] = process.argv.slice(2);
const contestant = CONTESTANTS[name];
if (contestant === undefined) {
  console.error(`Contestants: ${Object.keys(CONTESTANTS).join(', ')}`);
  process.exit(2);
}
// An application has more loaded than what sends its files. In a process with next to nothing in it, V8 collects the
// garbage of large bodies half as often, which would tell how small a contestant is, and not how fast.
await Promise.all(
  ['express', 'hono', 'h3', 'xsendfile', 'xsendfile/web'].map((name) => import(name)),
);
const listener = await contestant(root);
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

const server = createServer((req, res) => {
  if (req.url !== '/-usage') return listener(req, res);
  const { user, system } = process.cpuUsage();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const usage = {
    cpuMs: (user + system) / 1000,
    rss: process.memoryUsage.rss(),
    usedBytes: heapUsed + external,
    loopDelayP99Ms: delay.percentile(99) / 1e6,
  };
  delay.reset();
  res.end(JSON.stringify(usage));
});
server.keepAliveTimeout = 60_000;
// So that profilers get to write what they have seen.
process.on('SIGINT', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') console.log(address?.port);
});
