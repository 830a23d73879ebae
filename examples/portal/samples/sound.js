// @ts-check

const RATE = 8000;
const SECONDS = 2;
const HEADER_BYTES = 44;

/** Creates a WAV file of three tones that fade: 8 bits, mono. */
export function chime() {
  const length = RATE * SECONDS;
  const file = Buffer.alloc(HEADER_BYTES + length);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // one channel
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE, 28); // bytes per second
  file.writeUInt16LE(1, 32); // bytes per frame
  file.writeUInt16LE(8, 34); // bits per sample
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(length, 40);
  for (let index = 0; index < length; index++) {
    const seconds = index / RATE;
    const tones = [523.25, 659.26, 783.99].map((hertz) => Math.sin(2 * Math.PI * hertz * seconds));
    const sum = tones.reduce((total, tone) => total + tone, 0);
    file[HEADER_BYTES + index] = 128 + Math.round(40 * sum * Math.exp(-2.5 * seconds));
  }
  return file;
}
