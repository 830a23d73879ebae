import { MEMBER_FILES } from '../shared/member-files.js';

/**
 * Returns the property of a handler of the core with its files for archives, for requests of a framework.
 *
 * @param toCore - returns Node's request; undefined for what is not a request of the framework, such as Node's own.
 */
export function adaptMembers<Request extends object>(
  handler: object,
  toCore: (request: Request) => object | undefined,
) {
  const members = (handler as { [MEMBER_FILES]: (...args: unknown[]) => unknown })[MEMBER_FILES];
  return {
    [MEMBER_FILES]: (request: Request | undefined, ...rest: unknown[]) =>
      members((request && toCore(request)) ?? request, ...rest),
  };
}
