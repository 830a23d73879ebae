import { type AddressInfo, connect, createServer } from 'node:net';

/** `react-router-serve` with the resource routes of `react-router-site`, which scripts/frameworks makes. */

/** It takes no port 0. */
async function findPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, 'localhost', () => resolve(socket.destroy().destroyed));
    socket.on('error', () => resolve(false));
  });
}

const port = await findPort();
Object.assign(process.env, { PORT: String(port), NODE_ENV: 'production' });
process.argv[2] = 'react-router-site/build/server/index.js';
const program = './node_modules/@react-router/serve/dist/cli.js';
await import(program);
while (!(await isListening(port))) await new Promise((resolve) => setTimeout(resolve, 50));
console.log(`port ${port}`);
