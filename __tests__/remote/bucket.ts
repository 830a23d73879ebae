import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsClient } from 'aws4fetch';
import S3rver from 's3rver';
import { createTree } from '../helpers/tree.js';

/** A bucket of a real store, behind a gate that verifies signatures. */
export interface Bucket {
  readonly origin: string;
  put(key: string, body: Buffer | string, headers?: Record<string, string>): Promise<void>;
  /** Presigned for GET, valid for so many seconds. */
  presign(key: string, expires?: number): Promise<string>;
}

const NAME = 'files';
const ADDRESS = '127.0.0.1';
const KEYS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

const closing: (() => unknown)[] = [];

afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

export async function startBucket(): Promise<Bucket> {
  const store = new S3rver({
    address: ADDRESS,
    port: 0,
    silent: true,
    directory: createTree(),
    configureBuckets: [{ name: NAME }],
  });
  // Without a place for its log, it complains about each line.
  store.logger.silent = true;
  // It would keep the process alive after errors that are not caught.
  store.logger.exceptions.unhandle();
  const { port } = await store.run();
  closing.push(() => store.close());
  const client = new AwsClient({ ...KEYS, service: 's3', region: 'us-east-1' });
  const origin = await startGate(port, client);
  const pathOf = (key: string): string => `/${NAME}/${key.split('/').map(encodeKey).join('/')}`;
  return {
    origin,
    async put(key, body, headers = {}) {
      const url = `http://${ADDRESS}:${port}${pathOf(key)}`;
      const response = await client.fetch(url, { method: 'PUT', body, headers });
      if (!response.ok) throw new Error(await response.text());
    },
    async presign(key, expires = 300) {
      const url = `${origin}${pathOf(key)}?X-Amz-Expires=${expires}`;
      return (await client.sign(url, { method: 'GET', aws: { signQuery: true } })).url;
    },
  };
}

/** s3rver verifies signatures of version 2 only, so that this verifies those of version 4: every byte counts. */
async function startGate(storePort: number, client: AwsClient): Promise<string> {
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
    const onward = request({ host: ADDRESS, port: storePort, path: url, method, headers });
    onward.on('response', (response) => {
      res.writeHead(response.statusCode ?? 500, { ...response.headers, 'x-amz-request-id': '1' });
      response.pipe(res);
      res.on('close', () => response.destroy());
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
