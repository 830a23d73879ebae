import { BadOptionError } from '../../shared/errors.js';
import { show } from '../../shared/option-checks.js';

/** The function that generates configurations, for messages. */
export const CALLER = 'createFrontEndConfig';

/** The error for a string that the configuration of a server cannot hold, however it is quoted. */
export function unwritable(text: string, option: string, what: string): BadOptionError {
  const shown = option === 'handshake' ? '' : `, got ${show(text)}`;
  return new BadOptionError(
    `${CALLER}: this server's configuration cannot represent a string ${what}${shown}. Choose another ${option}.`,
  );
}
