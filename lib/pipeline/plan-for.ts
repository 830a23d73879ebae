import type { CheckedFile } from '../files/root-directory.js';
import type { Representation } from '../representation/describe.js';
import { RefusedError } from '../shared/errors.js';
import type { Delivery } from './delivery.js';
import { type Plan, planAnswer, planWhole } from './plan.js';

/** Plans the response with a file; returns the refusal, 412 or 416, if the request's conditions or ranges fail. */
export function planFor(
  { size }: CheckedFile,
  { type, validators, cacheControl, isEncoded }: Representation,
  { req, res, site }: Delivery,
): Plan | RefusedError {
  const acceptRanges = site.config.acceptRanges && Number.isFinite(size);
  if (res.statusCode !== 200) return planWhole(req, size, res.statusCode, false);
  try {
    return planAnswer({ req, size, type, validators, cacheControl, acceptRanges, isEncoded });
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
}
