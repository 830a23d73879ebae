import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { AwsClient } from 'aws4fetch';
import { startS3rver } from './s3rver-store.js';
import type { Store } from './store.js';
import { swift } from './swift-store.js';

/** A bucket of a real store that verifies signatures. */
export interface Bucket extends Pick<Store, 'announcesRanges' | 'stop' | 'start'> {
  readonly origin: string;
  /** URL of the bucket itself. */
  readonly url: string;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
  put(key: string, body: Buffer | string, headers?: Record<string, string>): Promise<void>;
  /** The object of `large-object.ts`. */
  putLarge(key: string): Promise<void>;
  /** Presigned for GET, valid for so many seconds. */
  presign(key: string, expires?: number): Promise<string>;
}

const ADDRESS = '127.0.0.1';

/** Swift, in a run of scripts/test-swift.mjs. */
const { XSENDFILE_STORE } = process.env;

const closing: (() => unknown)[] = [];

afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A bucket of s3rver, or of the store in XSENDFILE_STORE. */
export async function startBucket(): Promise<Bucket> {
  const isS3rver = XSENDFILE_STORE === undefined;
  const store = isS3rver ? await startS3rver() : swift(JSON.parse(XSENDFILE_STORE));
  if (isS3rver) closing.push(store.stop);
  const { accessKeyId, secretAccessKey, region } = store;
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3' });
  const send = async (path: string, init: RequestInit): Promise<void> => {
    const response = await client.fetch(`${store.endpoint}${path}`, { ...init, method: 'PUT' });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  };
  const name = `files-${randomBytes(4).toString('hex')}`;
  await send(`/${name}`, {});
  const origin = isS3rver ? await startGate(store.endpoint, client) : store.endpoint;
  const pathOf = (key: string): string => `/${name}/${key.split('/').map(encodeKey).join('/')}`;
  return {
    origin,
    url: `${origin}/${name}`,
    keys: { accessKeyId, secretAccessKey },
    announcesRanges: store.announcesRanges,
    stop: store.stop,
    start: store.start,
    put: (key, body, headers = {}) => send(pathOf(key), { body, headers }),
    putLarge: (key) => store.putLarge(name, key),
    async presign(key, expires = 300) {
      const url = `${origin}${pathOf(key)}?X-Amz-Expires=${expires}`;
      return (await client.sign(url, { method: 'GET', aws: { signQuery: true } })).url;
    },
  };
}

/** s3rver verifies signatures of version 2 only, so that this verifies those of version 4: every byte counts. */
async function startGate(endpoint: string, client: AwsClient): Promise<string> {
  const gate = createServer((req, res) => void pass(req, res));
  async function pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { url = '', headers, method = '' } = req;
    const given = `http://${headers.host}${url}`;
    const unsigned = given.replace(/&X-Amz-Signature=[0-9a-f]*/, '');
    const signed = await client.sign(unsigned, {
      method,
      aws: { signQuery: true, datetime: new URL(given).searchParams.get('X-Amz-Date') ?? '' },
    });
    if (signed.url !== given) {
      const xml = '<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code></Error>';
      res.writeHead(403, { 'Content-Type': 'application/xml', 'x-amz-request-id': '1' }).end(xml);
      return;
    }
    const onward = request(endpoint, { path: url, method, headers });
    onward.on('response', (response) => {
      res.writeHead(response.statusCode ?? 500, { ...response.headers, 'x-amz-request-id': '1' });
      pipeline(response, res, () => {});
    });
    onward.on('error', () => res.destroy());
    onward.end();
  }
  await new Promise<void>((resolve) => gate.listen(0, ADDRESS, resolve));
  closing.push(() => {
    gate.closeAllConnections();
    gate.close();
  });
  return `http://${ADDRESS}:${(gate.address() as AddressInfo).port}`;
}

/** As AWS encodes keys: everything but the unreserved characters. */
function encodeKey(name: string): string {
  return encodeURIComponent(name).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
