import { randomUUID } from 'node:crypto';
import { type FrontEnd, startFrontEnd } from '../helpers/front-end-server.js';
import {
  Connection,
  type RawRequest,
  type RawResponse,
  rawRequest,
} from '../helpers/raw-request.js';
import { type Account, ID_HEADER, startApplication } from './application.js';
import { expectNoLeak } from './expectations.js';
import { createFiles } from './files.js';

export const HANDSHAKE = 'handshake-of-the-front-end-tests';

/** An answer, together with what the application says of it. */
export interface Reply extends RawResponse {
  /** undefined for a request that never arrived at the application. */
  readonly account: Account | undefined;
}

/** The parts of a request that are not its target. */
export type Details = Omit<RawRequest, 'target'>;

/** Files, an application, and a front end before it. */
export interface Site {
  readonly root: string;
  /** Connections from the front end so far. */
  countConnections(): number;
  /** Requests that have arrived at the application so far. */
  countRequests(): number;
  /** Where the front end listens. */
  readonly port: number;
  /** Asks the front end. No answer may show what is not for clients. */
  ask(target: string, details?: Details): Promise<Reply>;
  /** Asks the front end for one target after the other, all on one connection. */
  askInTurn(targets: readonly string[]): Promise<RawResponse[]>;
  /** Asks the application itself. */
  askDirectly(target: string, details?: Details): Promise<Reply>;
  close(): Promise<void>;
}

export async function startSite(frontEnd: FrontEnd): Promise<Site> {
  const files = createFiles();
  const { root } = files;
  const application = await startApplication(frontEnd.name, root, HANDSHAKE);
  const server = await startFrontEnd(frontEnd, {
    root,
    backendPort: application.port,
    handshake: HANDSHAKE,
  }).catch(async (error: unknown) => {
    await application.close();
    files.remove();
    throw error;
  });

  const secrets = [files.trace, '-internal-', HANDSHAKE];

  async function askAt(port: number, target: string, details: Details = {}): Promise<Reply> {
    const id = randomUUID();
    const headers = { [ID_HEADER]: id, ...details.headers };
    const response = await rawRequest(port, { ...details, target, headers });
    expectNoLeak(response, secrets);
    return { ...response, account: await application.accountOf(id) };
  }

  return {
    root,
    countConnections: application.countConnections,
    countRequests: application.countRequests,
    port: server.port,
    ask: (target, details) => askAt(server.port, target, details),
    async askInTurn(targets) {
      const connection = await Connection.open(server.port);
      const answers: RawResponse[] = [];
      for (const target of targets) answers.push(await connection.request({ target }));
      connection.destroy();
      for (const answer of answers) expectNoLeak(answer, secrets);
      return answers;
    },
    askDirectly: (target, details) => askAt(application.port, target, details),
    async close() {
      await server.stop();
      await application.close();
      files.remove();
    },
  };
}
