import { tracingChannel } from 'node:diagnostics_channel';
import { XSendfileError } from '../shared/errors.js';
import type { Exchange } from '../shared/views.js';
import type { Outcome } from '../types.js';

/**
 * Name of the tracing channel that publishes each request: `start` and `end` with `{ req, res }`, or `{ request }`,
 * `asyncStart` and `asyncEnd` with the `outcome` in the same object, and `error` before them with the `error`, but only
 * for the kind `failed`.
 *
 * An error thrown by a subscriber is an uncaught exception, as on every diagnostics channel.
 */
const SEND_CHANNEL = 'xsendfile:send';

const channels = tracingChannel(SEND_CHANNEL);
// Node 20.12 and older have no `hasSubscribers` for all of them.
const each = [channels.start, channels.end, channels.asyncStart, channels.asyncEnd, channels.error];

/** Publishes the end of one request. */
export type Trace = (outcome: Outcome, error: unknown) => void;

/**
 * Runs a request, and publishes its start. It has the stores that are bound to the channel `start`.
 *
 * @param run - gets the function that publishes the end; undefined without subscribers.
 */
export function traced<Result>(
  exchange: Exchange,
  run: (trace: Trace | undefined) => Promise<Result>,
): Promise<Result> {
  if (!each.some(hasSubscribers)) return run(undefined);
  const message: Exchange & { outcome?: Outcome; error?: unknown } = { ...exchange };
  const trace: Trace = (outcome, error) => {
    message.outcome = outcome;
    if (outcome.kind === 'failed') {
      message.error = error ?? toError(outcome);
      channels.error.publish(message);
    }
    channels.asyncStart.publish(message);
    channels.asyncEnd.publish(message);
  };
  return channels.start.runStores(message, () => {
    try {
      return run(trace);
    } finally {
      channels.end.publish(message);
    }
  });
}

function hasSubscribers(channel: { readonly hasSubscribers: boolean }): boolean {
  return channel.hasSubscribers;
}

/** A transfer may fail without an error of the system: the file became shorter. */
function toError({ code = 'ERR_XSENDFILE_INTERNAL', path }: Outcome): XSendfileError {
  return new XSendfileError(code, `xsendfile: the transfer of ${path} failed.`);
}
