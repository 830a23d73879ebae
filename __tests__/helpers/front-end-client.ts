import { Agent, get } from 'node:http';
import type { Socket } from 'node:net';

/** By these a front end is told what to send; none of them is for clients. */
const CONTROL_HEADER = /^(x-(?:accel|sendfile|send-file|lighttpd|litespeed|reproxy)[^:]*):/gim;
const TIMEOUT_MS = 60_000;

/** Fails if an answer has a front end's control header, or one of the `secrets` anywhere. */
export function expectNoLeak(head: string, body: Buffer, secrets: readonly string[]): void {
  expect(head.match(CONTROL_HEADER)).toBeNull();
  expect(secrets.filter((secret) => head.includes(secret) || body.includes(secret))).toEqual([]);
}

/** One of several answers on a connection that stays open. */
export interface KeptAnswer {
  readonly status: number;
  /** The header lines. */
  readonly head: string;
  readonly body: Buffer;
  readonly socket: Socket;
}

/** Sends one request after the other, on one connection as long as the server keeps it. */
export async function askInTurn(port: number, paths: readonly string[]): Promise<KeptAnswer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const answers: KeptAnswer[] = [];
    for (const path of paths) answers.push(await askOnce(agent, port, path));
    return answers;
  } finally {
    agent.destroy();
  }
}

function askOnce(agent: Agent, port: number, path: string): Promise<KeptAnswer> {
  return new Promise((resolve, reject) => {
    const req = get({ agent, host: '127.0.0.1', port, path, timeout: TIMEOUT_MS }, (res) => {
      const { socket, statusCode = 0 } = res;
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      const head = res.rawHeaders
        .map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`))
        .join('');
      res.once('end', () => {
        resolve({ status: statusCode, head, body: Buffer.concat(chunks), socket });
      });
      res.once('error', reject);
    });
    req.once('timeout', () => req.destroy(new Error(`no answer for ${path}`)));
    req.once('error', reject);
  });
}
