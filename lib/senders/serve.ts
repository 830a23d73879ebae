import type { Sender } from '../types.js';

const embedded: Sender = Object.freeze({
  name: 'serve',
  passesContentEncoding: true,
  send(_file, { decline }) {
    decline();
  },
} satisfies Sender);

/**
 * This process sends the bytes: for development, tests, and where there is no front end.
 *
 * The sender that always declines: what it falls back to is what answers for every other sender
 * that cannot.
 */
export function serveSender(): Sender {
  return embedded;
}

/** Whether no front end has to be asked first. */
export function isEmbedded(sender: Sender): boolean {
  return sender === embedded;
}
