import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename } from 'node:path';
import { HANDSHAKE_HEADER, nameForRestoring, REMOTE_HEADER } from '../../servers/headers.js';
import { encodePercent, encodeRaw } from '../../shared/path-encoding.js';
import type { Outcome } from '../../types.js';
import {
  type Account,
  ADDRESS_HEADERS,
  CLAIMED_ADDRESS,
  DRESS,
  isSendingHeader,
  type Mode,
  type SendingHeader,
  STEERING_HEADERS,
} from '../protocol.js';
import type { CanaryPlace } from './canary-directory.js';

/** Arranges for what a response is to have besides the file. */
export function prepare(res: ServerResponse, mode: Mode, place: CanaryPlace): void {
  if (mode === 'withHeaders' || mode === 'missing') {
    for (const [name, value] of Object.entries(DRESS)) res.setHeader(name, value);
  }
  if (!isForced(mode)) return;
  // The header's value is the sender's; it is changed on its way out.
  const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse;
  res.writeHead = ((...args: unknown[]) => {
    const header = sendingHeaderOf(res);
    const value = header && change(mode, header, place);
    if (value !== undefined) res.setHeader(header?.name ?? '', value);
    return writeHead(...args);
  }) as typeof res.writeHead;
}

/** Whether a mode needs the sender's header, even without a right handshake. */
export function isForced(mode: Mode): boolean {
  return mode !== 'plain' && mode !== 'withHeaders';
}

function sendingHeaderOf(res: ServerResponse): SendingHeader | undefined {
  // Not the one with the signed URL of a remote object, which must stay secret.
  const name = res
    .getHeaderNames()
    .find((header) => isSendingHeader(header) && header !== REMOTE_HEADER.toLowerCase());
  return name === undefined ? undefined : { name, value: String(res.getHeader(name)) };
}

/** @returns undefined where the header stays as it is */
function change(
  mode: Mode,
  { name, value }: SendingHeader,
  place: CanaryPlace,
): string | undefined {
  if (mode === 'recoded') return recode(value);
  if (mode === 'missing') return `${value}.missing`;
  if (mode === 'outside') return name === 'x-sendfile' ? place.outside : undefined;
  const at = name === 'x-accel-redirect' ? value.indexOf(place.name) : -1;
  if (at === -1) return undefined;
  const location = value.slice(0, at);
  const rest = value.slice(at);
  if (mode === 'doubled') return `${location}/${rest}`;
  if (mode !== 'traversal') return undefined;
  return `${location.slice(0, -1)}../${encodePercent(basename(place.root))}/${rest}`;
}

/** Only what {@link encodePercent} writes, and what may be before it. */
const PERCENT_ENCODED = /^(?:%[0-9A-F]{2}|[\w.~:/-])*$/;

/** Raw bytes become percent-encoded ones, and these raw ones. */
function recode(value: string): string | undefined {
  return PERCENT_ENCODED.test(value)
    ? encodeRaw(decodeURIComponent(value))
    : encodePercent(Buffer.from(value, 'latin1').toString());
}

/** Notes about a request and its response. */
export function toAccount(
  id: string,
  { headers, socket }: IncomingMessage,
  res: ServerResponse,
  { kind, status, sender }: Pick<Outcome, 'kind' | 'status' | 'sender'>,
): Account {
  return {
    id,
    handshake: headers[HANDSHAKE_HEADER.toLowerCase()] !== undefined,
    steering: [
      ...STEERING_HEADERS.filter((name) => headers[name.toLowerCase()] !== undefined),
      ...ADDRESS_HEADERS.filter((name) => headers[name.toLowerCase()]?.includes(CLAIMED_ADDRESS)),
    ],
    remotePort: socket.remotePort,
    ...{ kind, status, sender },
    header: kind === 'offloaded' ? sendingHeaderOf(res) : undefined,
    withHeaders: Object.entries(DRESS)
      .filter(([name, value]) => {
        const sent = String(res.getHeader(name) ?? res.getHeader(nameForRestoring(name)));
        // The handler adds to lists.
        return [value].flat().every((part) => sent.includes(part));
      })
      .map(([name]) => name),
  };
}
