// Contestants that send all files of a directory as one archive, without compression, and one file with the same bytes.
import {
  appendFileSync,
  createReadStream,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/**
 * A package without types, or that is installed for benchmarks alone.
 *
 * @param {string} name
 * @returns {Promise<any>}
 */
const load = (name) => import(name);

/** @type {Record<string, import('./contestants.mjs').Contestant>} */
export const ARCHIVES = {
  'xsendfile/zip': async (root) => {
    const { xsendfile } = await import('xsendfile');
    const { zip } = await import('xsendfile/zip');
    const files = xsendfile(root);
    return async (req, res) => {
      const entries = namesIn(root).map((path) => ({ path }));
      await files.sendContent(req, res, await zip(files, entries, { req }));
    };
  },

  archiver: async (root) => {
    const { ZipArchive } = await load('archiver');
    return (_req, res) => {
      const archive = new ZipArchive({ store: true });
      archive.pipe(res);
      for (const name of namesIn(root)) archive.file(join(root, name), { name });
      archive.finalize();
    };
  },

  'client-zip': async (root) => {
    const { makeZip } = await load('client-zip');
    return (_req, res) => void Readable.fromWeb(makeZip(inputsIn(root))).pipe(res);
  },

  'xsendfile, one file': async (root) => {
    const { xsendfile } = await import('xsendfile');
    const whole = join(root, 'whole.bin');
    for (const name of namesIn(root)) appendFileSync(whole, readFileSync(join(root, name)));
    const old = new Date('2024-03-01T12:00:00Z');
    utimesSync(whole, old, old);
    const files = xsendfile(root);
    return (req, res) => void files.send(req, res, 'whole.bin');
  },
};

/** @param {string} root */
function namesIn(root) {
  return readdirSync(root).filter((name) => name !== 'whole.bin');
}

/** @param {string} root */
async function* inputsIn(root) {
  for (const name of namesIn(root)) {
    const { size, mtime } = statSync(join(root, name));
    yield { name, size, lastModified: mtime, input: createReadStream(join(root, name)) };
  }
}
