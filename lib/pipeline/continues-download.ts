import { namesVersion } from '../http/conditions.js';
import type { RefusedError } from '../shared/errors.js';
import type { Plan, PlanSources } from './plan.js';

/** Whether a response only continues a download of the current version, which the client has the beginning of. */
export function continuesDownload(
  plan: Plan | RefusedError,
  { request, validators }: PlanSources,
): boolean {
  const range = 'range' in plan ? plan.range : undefined;
  return range !== undefined && range.start > 0 && namesVersion(request.headers, validators);
}
