import type { Sender } from '../types.js';

const embedded: Sender = Object.freeze({
  name: 'serve',
  passesContentEncoding: true,
  send(_file, { decline }) {
    decline();
  },
} satisfies Sender);

/**
 * Creates the sender with which Node sends the bytes: for development, tests, and use without a
 * front end.
 *
 * It always declines, and so uses the same fallback as all other senders.
 */
export function serveSender(): Sender {
  return embedded;
}

/** Whether Node always sends the bytes itself. */
export function isEmbedded(sender: Sender): boolean {
  return sender === embedded;
}
