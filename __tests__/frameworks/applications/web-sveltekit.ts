import type { Server } from 'node:http';
import { printPort } from './settings.js';

/** The server that adapter-node has built of `sveltekit-site`, which scripts/frameworks makes. */

process.env.PORT = '0';
const program = './sveltekit-site/build/index.js';
const { server } = (await import(program)) as { server: { server: Server } };
if (server.server.listening) printPort(server.server);
else server.server.once('listening', () => printPort(server.server));
