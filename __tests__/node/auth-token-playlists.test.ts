import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import express from 'express';
import { authToken } from '../../lib/index.js';
import { binaryOf, describeWithPrograms } from '../helpers/programs.js';
import { listen } from '../helpers/servers.js';
import { createTree } from '../helpers/tree.js';

jest.setTimeout(120_000);

const run = promisify(execFile);
const FRAMES = 50;

/** Two seconds of video in segments of one second, with a playlist for each kind of URL. */
async function createVideo(root: string): Promise<void> {
  const directory = join(root, 'videos/42');
  await run(binaryOf('ffmpeg'), [
    ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc=duration=2:rate=${FRAMES / 2}:size=64x64`],
    ...['-c:v', 'mpeg2video', '-g', String(FRAMES / 2), '-hls_time', '1', '-hls_list_size', '0'],
    ...[
      '-hls_segment_filename',
      join(directory, 'segment-%d.ts'),
      join(directory, 'relative.m3u8'),
    ],
  ]);
  const relative = readFileSync(join(directory, 'relative.m3u8'), 'utf8');
  expect(relative.match(/^segment-\d\.ts$/gm)).toHaveLength(2);
  const absolute = relative.replace(/^segment-/gm, '/media/videos/42/segment-');
  writeFileSync(join(directory, 'absolute.m3u8'), absolute);
}

/** How many frames ffmpeg plays; 0 if it fails. */
async function play(url: string, options: readonly string[] = []): Promise<number> {
  const output = ['-map', '0:v', '-f', 'framemd5', '-'];
  try {
    const { stdout } = await run(binaryOf('ffmpeg'), [
      '-v',
      'quiet',
      ...options,
      '-i',
      url,
      ...output,
    ]);
    return stdout.match(/^0,/gm)?.length ?? 0;
  } catch {
    return 0;
  }
}

describeWithPrograms('ffmpeg plays an HLS playlist', ['ffmpeg'], () => {
  const root = createTree({ 'videos/42/keep.txt': '', 'videos/43/keep.txt': '' });
  const handler = authToken('a secret of more than sixteen bytes', root, {
    sender: 'serve',
    cookie: 'files',
  });
  const { signer } = handler;
  let origin = '';

  beforeAll(async () => {
    await createVideo(root);
    origin = `http://127.0.0.1:${await listen(express().use('/media', handler))}`;
  });

  const cookieFor = (path: string): readonly string[] => {
    const [cookie] = signer.cookie(path, { mountPath: '/media' }).split(';');
    return ['-headers', `Cookie: theme=dark; ${cookie}\r\n`];
  };

  it.each([
    ['relative.m3u8', FRAMES],
    // An absolute path leads to a URL without the token.
    ['absolute.m3u8', 0],
  ])('%s by a prefix link: %d frames', async (playlist, frames) => {
    const link = signer.sign('videos/42', { prefix: true });
    expect(await play(`${origin}/media${link}${playlist}`)).toBe(frames);
  });

  it.each(['relative.m3u8', 'absolute.m3u8'])('%s by a cookie', async (playlist) => {
    const url = `${origin}/media/videos/42/${playlist}`;
    expect(await play(url, cookieFor('videos/42'))).toBe(FRAMES);
    expect(await play(url)).toBe(0);
    expect(await play(url, cookieFor('videos/43'))).toBe(0);
  });
});
