import { tracingChannel } from 'node:diagnostics_channel';
import { type Outcome, type XSendfileWebOptions, xsendfile } from '../../lib/web/index.js';
import { eventually } from '../helpers/eventually.js';
import { createTree } from '../helpers/tree.js';

const root = createTree({ 'a.txt': 'text' });
const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
const ENDED = ['start', 'end', 'asyncStart', 'asyncEnd'];

interface Message {
  readonly request: Request;
  readonly outcome?: Outcome;
  readonly error?: unknown;
}

const sends = tracingChannel<unknown, Message>('xsendfile:send');
const published: [string, Message][] = [];
const listeners = EVENTS.map(
  (name) => [name, (message: unknown) => void published.push([name, message as Message])] as const,
);
beforeEach(() => {
  for (const [name, listener] of listeners) sends[name].subscribe(listener);
});
afterEach(() => {
  for (const [name, listener] of listeners) sends[name].unsubscribe(listener);
  published.length = 0;
});

/** Makes a request, reads the response, and waits for the end. */
async function trace(path: string, options: XSendfileWebOptions = {}): Promise<Request> {
  const request = new Request(`http://localhost${path}`);
  await xsendfile(
    root,
    options,
  )(request).then(
    (response) => response.text(),
    () => {},
  );
  await eventually(() => published.at(-1)?.[0] === 'asyncEnd');
  // One object, which only has the request of the application.
  expect(new Set(published.map(([, message]) => message)).size).toBe(1);
  expect(published[0]?.[1].request).toBe(request);
  expect(published[0]?.[1]).not.toHaveProperty('req');
  expect(published[0]?.[1]).not.toHaveProperty('res');
  return request;
}

describe("tracingChannel('xsendfile:send') of xsendfile/web", () => {
  it.each<[string, object]>([
    ['/a.txt', { kind: 'sent', status: 200, bytes: 4 }],
    ['/missing', { kind: 'refused', status: 404 }],
  ])('publishes start and end of %s', async (path, outcome) => {
    await trace(path);
    expect(published.map(([name]) => name)).toEqual(ENDED);
    expect(published[0]?.[1]).toMatchObject({ outcome });
    expect(published[0]?.[1]).not.toHaveProperty('error');
  });

  it('publishes an error of a function', async () => {
    const thrown = new Error('mine');
    await trace('/a.txt', {
      allow() {
        throw thrown;
      },
    });
    expect(published.map(([name]) => name)).toEqual([
      'start',
      'end',
      'error',
      'asyncStart',
      'asyncEnd',
    ]);
    expect(published[0]?.[1]).toMatchObject({ error: thrown, outcome: { kind: 'failed' } });
  });
});
