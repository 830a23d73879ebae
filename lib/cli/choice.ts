import { InvalidArgumentError, Option } from 'commander';
import { findAlike } from '../shared/suggestion.js';

/** An option that has one of several values. */
export function choiceOption(flags: string, description: string, choices: readonly string[]) {
  return new Option(flags, description).choices(choices).argParser(parserOf(choices));
}

/** A parser that suggests the closest choice for a wrong value. */
export function parserOf<Choice extends string>(choices: readonly Choice[]) {
  return (text: string): Choice => {
    const choice = choices.find((name) => name === text);
    if (choice !== undefined) return choice;
    const alike = findAlike(text, choices);
    const hint = alike === undefined ? '' : `Did you mean ${alike}? `;
    throw new InvalidArgumentError(`${hint}Allowed choices are ${choices.join(', ')}.`);
  };
}
