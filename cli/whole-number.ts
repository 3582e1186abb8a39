import { InvalidArgumentError } from 'commander';

/** Parses an option that takes a whole number from `low` on. */
export function wholeNumber(low: number) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= low) return value;
    throw new InvalidArgumentError(`found "${text}", expected a whole number from ${low} on`);
  };
}
