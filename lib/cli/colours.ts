import type { CliIo, CliOutput } from './io.js';

/** SGR parameters of ECMA-48 §8.3.117. */
const COLOURS = { red: 31, green: 32, yellow: 33 } as const;
const DEFAULT_COLOUR = 39;

/**
 * Whether to print colours to an output: on terminals. NO_COLOR and `TERM=dumb` disable this,
 * FORCE_COLOR decides before all others, as in Node itself: https://no-color.org, https://force-color.org
 */
export function hasColours({ isTTY }: CliOutput, env: CliIo['env']): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: none, TERM: terminal } = env;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return isTTY === true && !none && terminal !== 'dumb';
}

/** A text in a colour if the output shows it, otherwise the text itself. */
export function paint(
  text: string,
  colour: keyof typeof COLOURS,
  output: 'stdout' | 'stderr',
  io: CliIo,
): string {
  if (!hasColours(io[output], io.env)) return text;
  return `\u001b[${COLOURS[colour]}m${text}\u001b[${DEFAULT_COLOUR}m`;
}
