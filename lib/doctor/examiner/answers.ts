import { DOCTOR_PARTS } from '../../servers/fixes.js';
import { FRONT_END_SERVERS, type FrontEndServer } from '../../servers/names.js';
import { type Canary, canaryContent } from '../canaries.js';
import { isSendingHeader } from '../protocol.js';
import { type Answer, headerOf } from './client.js';

/** Headers of a response that are for front ends only. */
export function leakedHeaders({ headers }: Answer): readonly string[] {
  return Object.keys(headers).filter(isSendingHeader);
}

/** Whether a response is the file: all of its bytes, its length, and nothing that is not for clients. */
export function isWhole(answer: Answer, canary: Canary): boolean {
  return (
    answer.status === 200 &&
    answer.broken === undefined &&
    headerOf(answer, 'Content-Length') === String(canary.size) &&
    answer.body.equals(canaryContent(canary)) &&
    leakedHeaders(answer).length === 0
  );
}

/** Whether the file's bytes are in there, whatever else is wrong. */
export function hasContent({ body }: Answer, canary: Canary): boolean {
  return body.equals(canaryContent(canary));
}

/** Returns the server that the Server header names. */
export function frontEndOf(answer: Answer): FrontEndServer | undefined {
  const name = headerOf(answer, 'Server') ?? '';
  return FRONT_END_SERVERS.find((server) => DOCTOR_PARTS[server].names.test(name));
}

/** A response in words. */
export function describeAnswer(answer: Answer): string {
  const { status, body, broken } = answer;
  if (status === 0) return `no response (${broken})`;
  const end = broken === undefined ? '' : `, then ${broken}`;
  return `status ${status} with ${body.length} bytes${end}`;
}
