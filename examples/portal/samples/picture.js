// @ts-check
// Draws a PNG of several ridges of hills.
import { deflateSync } from 'node:zlib';

const [WIDTH, HEIGHT] = [640, 400];
const RIDGES = [160, 220, 280, 340];

/** @typedef {[red: number, green: number, blue: number]} Colour */
/** @typedef {{ top: Colour, horizon: Colour, near: Colour, sun: Colour }} Palette */

/** @type {Record<'dawn' | 'day' | 'dusk' | 'night', Palette>} */
export const PALETTES = {
  dawn: {
    top: [96, 125, 178],
    horizon: [255, 205, 178],
    near: [62, 66, 104],
    sun: [255, 240, 214],
  },
  day: { top: [104, 170, 214], horizon: [214, 236, 240], near: [17, 94, 89], sun: [255, 238, 178] },
  dusk: { top: [58, 44, 92], horizon: [246, 142, 96], near: [44, 26, 58], sun: [255, 214, 140] },
  night: { top: [10, 16, 36], horizon: [44, 68, 106], near: [6, 14, 26], sun: [232, 236, 244] },
};

/**
 * @param {Palette} palette
 * @param {number} [shift] - moves hills and sun
 */
export function picture({ top, horizon, near, sun }, shift = 0) {
  const row = 1 + 3 * WIDTH;
  const pixels = Buffer.alloc(row * HEIGHT);
  const sunX = 470 - 90 * shift;
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const depth = RIDGES.filter(
        (base, ridge) => y > base + 28 * Math.sin(x / (90 - 12 * ridge) + 2 * ridge + shift),
      ).length;
      const isSun = depth === 0 && (x - sunX) ** 2 + (y - 90) ** 2 < 42 ** 2;
      const ground = mix(horizon, near, depth / RIDGES.length);
      const colour = isSun ? sun : depth > 0 ? ground : mix(top, horizon, y / 200);
      pixels.set(colour, y * row + 1 + 3 * x);
    }
  }
  return png(pixels);
}

/**
 * @param {Colour} from
 * @param {Colour} to
 * @param {number} share - 0 to 1
 * @returns {number[]}
 */
function mix(from, to, share) {
  return from.map((part, index) => Math.round(part + (Number(to[index]) - part) * share));
}

/** @param {Buffer} pixels - rows of 8-bit RGB, each after a filter byte */
function png(pixels) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(WIDTH, 0);
  head.writeUInt32BE(HEIGHT, 4);
  head.set([8, 2], 8); // 8 bits per channel, RGB
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const file = Buffer.alloc(body.length + 8);
  file.writeUInt32BE(data.length, 0);
  file.set(body, 4);
  file.writeUInt32BE(crc32(body), body.length + 4);
  return file;
}

/** zlib.crc32() needs Node 20.15. @param {Buffer} data */
function crc32(data) {
  let crc = -1;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
