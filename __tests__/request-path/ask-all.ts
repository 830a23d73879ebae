import { type RawRequest, type RawResponse, rawRequest } from '../helpers/raw-request.js';

/** Connections at a time: several per thread of the pool that works on files. */
const AT_ONCE = 16;

/** Asks for all targets, several at a time; the answers come in the order of the targets. */
export async function askAll(
  port: number,
  targets: readonly string[],
  request: Omit<RawRequest, 'target'> = {},
): Promise<RawResponse[]> {
  const answers: RawResponse[] = [];
  for (let start = 0; start < targets.length; start += AT_ONCE) {
    const batch = targets.slice(start, start + AT_ONCE);
    answers.push(
      ...(await Promise.all(batch.map((target) => rawRequest(port, { ...request, target })))),
    );
  }
  return answers;
}
