import { H3, serve } from 'h3';
import { HEADER, VALUE } from './settings.js';
import { files, links, offloaded, sendCopy, showError } from './web-fetch.js';

const app = new H3({ silent: true, onError: (error) => showError(error.cause ?? error) });

app.use((event) => {
  event.res.headers.set(HEADER, VALUE);
});
app.get('/files/**', (event) => files(event.req));
app.get('/offloaded/**', (event) => offloaded(event.req));
app.get('/links/**', (event) => links(event.req));
app.get('/send/:what', (event) => sendCopy(event.req, event.context.params?.what ?? ''));

const server = serve(app, { port: 0, silent: true });
await server.ready();
console.log(`port ${new URL(server.url ?? '').port}`);
