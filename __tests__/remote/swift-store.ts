import { LAST, SEGMENT, SEGMENTS } from './large-object.js';
import type { Store } from './store.js';

/** The Swift that runs already, as scripts/test-swift.mjs names it. */
export interface RunningSwift
  extends Pick<Store, 'endpoint' | 'accessKeyId' | 'secretAccessKey' | 'region'> {
  /** Where to POST `stop` and `start`. */
  readonly control: string;
}

/** Swift drops Accept-Ranges, but sends ranges. */
export function swift({ control, ...running }: RunningSwift): Store {
  const { endpoint, accessKeyId, secretAccessKey } = running;
  return {
    ...running,
    announcesRanges: false,
    // Its own interface can name one segment several times: the limit for a single object is 5 GB.
    async putLarge(bucket, key) {
      const { headers } = await send(`${endpoint}/auth/v1.0`, {
        headers: { 'X-Auth-User': accessKeyId, 'X-Auth-Key': secretAccessKey },
      });
      const token = { 'X-Auth-Token': headers.get('x-auth-token') ?? '' };
      const account = headers.get('x-storage-url');
      const put = (path: string, body: Buffer | string) =>
        send(`${account}/${bucket}/${path}`, { method: 'PUT', headers: token, body });
      await put('segment', SEGMENT);
      await put('last', LAST);
      const manifest = [...Array(SEGMENTS).fill('segment'), 'last'];
      await put(
        `${key}?multipart-manifest=put`,
        JSON.stringify(manifest.map((name) => ({ path: `/${bucket}/${name}` }))),
      );
    },
    stop: async () => void (await send(`${control}/stop`, { method: 'POST' })),
    start: async () => void (await send(`${control}/start`, { method: 'POST' })),
  };
}

async function send(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response;
}
