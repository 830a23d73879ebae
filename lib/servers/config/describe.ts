import type { FilesSettings } from './settings.js';
import type { Lines } from './text.js';

/** The first lines of a configuration: the handlers that it is for. */
export function describeHandlers(
  server: string,
  files: readonly FilesSettings[],
  senderOf: (location: string) => string,
): Lines {
  const handlers = files.map(
    ({ location }) => `xsendfile(root, { sender: ${senderOf(location)} })`,
  );
  return handlers.length === 1
    ? [`# ${server} in front of an application with ${handlers[0]}.`]
    : [
        `# ${server} in front of an application with these handlers:`,
        ...handlers.map((handler) => `#   ${handler}`),
      ];
}
