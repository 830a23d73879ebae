import type { CheckedFile, OpenedFile } from '../files/root-directory.js';
import type { Representation } from '../representation/describe.js';
import { isRefusal, type RefusedError } from '../shared/errors.js';
import type { Delivery } from './delivery.js';
import { type Plan, planAnswer, planAnswered, planWhole } from './plan.js';

/** Plans the response with a file; returns the refusal, 412 or 416, if the request's conditions or ranges fail. */
export function planFor(
  { size, answered }: CheckedFile & Pick<Partial<OpenedFile>, 'answered'>,
  { type, validators, cacheControl, isEncoded }: Representation,
  { req, res, acceptRanges: mayAcceptRanges }: Delivery,
): Plan | RefusedError {
  const acceptRanges = mayAcceptRanges && (answered !== undefined || Number.isFinite(size));
  if (res.statusCode !== 200) return planWhole(req, size, res.statusCode, false);
  try {
    const sources = { req, size, type, validators, cacheControl, acceptRanges, isEncoded };
    return answered === undefined ? planAnswer(sources) : planAnswered(answered, sources);
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}
