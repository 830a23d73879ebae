import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import S3rver from 's3rver';
import { createTree } from '../helpers/tree.js';
import { LAST, SEGMENT, SEGMENTS } from './large-object.js';
import type { Store } from './store.js';

const ADDRESS = '127.0.0.1';
/** The segments that tests read; the others are a hole in the file. */
const WRITTEN = [0, 1, 2, 3, 511, 512, SEGMENTS - 1];

/** Starts s3rver in this process, on a free port. */
export async function startS3rver(): Promise<Store> {
  const directory = createTree();
  let store = create(directory, 0);
  const { port } = await store.run();
  return {
    endpoint: `http://${ADDRESS}:${port}`,
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    region: 'us-east-1',
    announcesRanges: true,
    async putLarge(bucket, key) {
      const path = join(directory, bucket, `${key}._S3rver_object`);
      const file = openSync(path, 'w');
      for (const index of WRITTEN)
        writeSync(file, SEGMENT, 0, SEGMENT.length, index * SEGMENT.length);
      writeSync(file, LAST, 0, LAST.length, SEGMENTS * SEGMENT.length);
      closeSync(file);
      // It would read all of the file for its ETag.
      writeFileSync(`${path}.md5`, '0123456789abcdef0123456789abcdef');
    },
    async stop() {
      const closed = store.close();
      store.httpServer.closeAllConnections();
      await closed;
    },
    async start() {
      store = create(directory, port);
      await store.run();
    },
  };
}

function create(directory: string, port: number): S3rver {
  const store = new S3rver({ address: ADDRESS, port, silent: true, directory });
  // Without a place for its log, it complains about each line.
  store.logger.silent = true;
  // It would keep the process alive after errors that are not caught.
  store.logger.exceptions.unhandle();
  return store;
}
