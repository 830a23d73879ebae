import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { HANDSHAKE_HEADER, CONTROL_HEADER as HEADER_OF } from '../../protocol/control-headers.js';
import { encodePercent, encodeRaw } from '../../shared/path-encoding.js';
import type { Outcome } from '../../types.js';
import {
  type Account,
  DRESS,
  isSendingHeader,
  type Manner,
  STEERING_HEADERS,
} from '../protocol.js';
import type { CanaryPlace } from './canary-directory.js';

/** Arranges for what an answer is to have besides the file. */
export function prepare(
  res: ServerResponse,
  manner: Manner,
  root: string,
  place: CanaryPlace,
): void {
  if (manner === 'dressed') {
    for (const [name, value] of Object.entries(DRESS)) res.setHeader(name, value);
  } else if (manner === 'doubled') {
    beforeHead(res, () => steerTo(res, place, (prefix, rest) => `${prefix}/${rest}`));
  } else if (manner === 'traversal') {
    beforeHead(res, () =>
      steerTo(
        res,
        place,
        (prefix, rest) => `${prefix.slice(0, -1)}../${encodePercent(basename(root))}/${rest}`,
      ),
    );
  } else if (manner === 'recoded') {
    beforeHead(res, () => recode(res));
  } else if (manner === 'outside') {
    beforeHead(res, () => {
      if (res.hasHeader(HEADER_OF.apache)) res.setHeader(HEADER_OF.apache, place.outside);
    });
  }
}

/** The header's value is the sender's; here it is changed on its way out. */
function beforeHead(res: ServerResponse, change: () => void): void {
  const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse;
  res.writeHead = ((...args: unknown[]) => {
    change();
    return writeHead(...args);
  }) as typeof res.writeHead;
}

function steerTo(
  res: ServerResponse,
  { name }: CanaryPlace,
  change: (prefix: string, rest: string) => string,
): void {
  const value = res.getHeader(HEADER_OF.nginx);
  const at = typeof value === 'string' ? value.indexOf(name) : -1;
  if (typeof value !== 'string' || at === -1) return;
  res.setHeader(HEADER_OF.nginx, change(value.slice(0, at), value.slice(at)));
}

/** Only what {@link encodePercent} writes, and what may be before it. */
const PERCENT_ENCODED = /^(?:%[0-9A-F]{2}|[\w.~:/-])*$/;

/** Raw bytes become percent-encoded ones, and these raw ones. */
function recode(res: ServerResponse): void {
  const name = res.getHeaderNames().find((each) => isSendingHeader(each));
  const value = name === undefined ? undefined : res.getHeader(name);
  if (name === undefined || typeof value !== 'string') return;
  const other = PERCENT_ENCODED.test(value)
    ? encodeRaw(decodeURIComponent(value))
    : encodePercent(Buffer.from(value, 'latin1').toString());
  if (other !== undefined) res.setHeader(name, other);
}

/** What there is to tell of a request and its answer. */
export function toAccount(
  id: string,
  { method = '', headers, socket }: IncomingMessage,
  res: ServerResponse,
  { kind, status, sender }: Pick<Outcome, 'kind' | 'status' | 'sender'>,
): Account {
  const name = res.getHeaderNames().find((each) => isSendingHeader(each));
  return {
    id,
    method,
    handshake: headers[HANDSHAKE_HEADER.toLowerCase()] !== undefined,
    steering: STEERING_HEADERS.filter((each) => headers[each.toLowerCase()] !== undefined),
    remotePort: socket.remotePort,
    ...{ kind, status, sender },
    header:
      kind === 'offloaded' && name !== undefined
        ? { name, value: String(res.getHeader(name)) }
        : undefined,
    dressed: Object.entries(DRESS)
      .filter(([each, value]) => String(res.getHeader(each)) === String(value))
      .map(([each]) => each),
  };
}
