// @ts-check
// Starts the portal: npm start
//
// PORT, HOST    where it listens; default http://localhost:3000, port 0 selects a free one
// PORTAL_DATA   directory of the documents; default data/ next to this file
// PORTAL_BIG_MB size of the largest sample document; default 50
// PORTAL_UPLOAD_MB
//               size of the largest upload; default 100
// PORTAL_METRICS_TOKEN
//               secret with which Prometheus may read /metrics; default only the user admin may
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createApp, MAX_REQUESTS_PER_CONNECTION } from './app.js';
import { prepareDocuments } from './documents.js';
import { describeUsers } from './users.js';

const port = Number(process.env.PORT || 3000);
const host = process.env.HOST || '127.0.0.1';
const data = process.env.PORTAL_DATA || fileURLToPath(new URL('data', import.meta.url));
const bigFileMiB = Number(process.env.PORTAL_BIG_MB || 50);
const maxUploadBytes = Number(process.env.PORTAL_UPLOAD_MB || 100) * 1024 * 1024;

if (!Number.isInteger(port) || port < 0 || port > 65535) {
  exit(`PORT must be a number from 0 to 65535, got ${JSON.stringify(process.env.PORT)}.`);
}

const root = await prepareDocuments(data, { bigFileMiB });
const server = createServer(createApp({ root, maxUploadBytes }));
server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;

server.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  if (error.code === 'EADDRINUSE') {
    exit(
      `Port ${port} is in use. Stop the other program, or use another port: PORT=${port + 1} npm start`,
    );
  }
  exit(`Cannot listen on ${host}:${port}: ${error.message}`);
});

server.listen(port, host, () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  // Browsers accept this name for 127.0.0.1.
  const name = host === '127.0.0.1' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  console.log(`Portal: http://${name}:${address.port}/ (documents in ${root})`);
  console.log(`Log in as ${describeUsers()}.`);
  console.log('Each download prints one line here. Ctrl+C ends the portal.');
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close();
    // Downloads have limited time to finish. A second signal ends the process at once.
    setTimeout(() => server.closeAllConnections(), 3000).unref();
  });
}

/**
 * @param {string} message
 * @returns {never}
 */
function exit(message) {
  console.error(message);
  process.exit(1);
}
