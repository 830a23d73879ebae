// Next is installed by `npm run test:frameworks` only: it is large. This is what the programs here use of it.
declare module 'next' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface NextApiRequest extends IncomingMessage {
    query: Partial<Record<string, string | string[]>>;
  }
  export interface NextApiResponse extends ServerResponse {
    status(code: number): this;
    send(body: string): void;
  }
  export default function next(options: { dev: boolean; dir: string }): {
    prepare(): Promise<void>;
    getRequestHandler(): (req: IncomingMessage, res: ServerResponse) => Promise<void>;
  };
}
