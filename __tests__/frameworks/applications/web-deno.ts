import { respond } from './web-fetch.js';

declare const Deno: {
  serve(
    options: { port: number; onListen: (address: { readonly port: number }) => void },
    handler: (request: Request) => Promise<Response>,
  ): unknown;
};

Deno.serve({ port: 0, onListen: ({ port }) => console.log(`port ${port}`) }, respond);
