import { respond } from './web-fetch.js';

declare const Bun: {
  serve(options: { port: number; fetch: (request: Request) => Promise<Response> }): {
    readonly port: number;
  };
};

const { port } = Bun.serve({ port: 0, fetch: respond });
console.log(`port ${port}`);
