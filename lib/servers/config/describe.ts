import type { Traits } from '../contract.js';
import type { FilesSettings } from './options.js';
import type { Lines } from './text.js';

/** The first lines of a configuration: the handlers that it is for. */
export function describeHandlers(
  title: string,
  files: readonly FilesSettings[],
  { name, defaultLocation }: Traits,
): Lines {
  const handlers = files.map(({ location }) => {
    const sender =
      location === defaultLocation ? `'${name}'` : `${name}Sender({ location: '${location}' })`;
    return `xsendfile(root, { sender: ${sender} })`;
  });
  return handlers.length === 1
    ? [`# ${title} in front of an application with ${handlers[0]}.`]
    : [
        `# ${title} in front of an application with these handlers:`,
        ...handlers.map((handler) => `#   ${handler}`),
      ];
}
