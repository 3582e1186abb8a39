import ms, { type StringValue } from 'ms';
import { z } from 'zod';

/** A time as specs write it: `30m`, `24h`, `7d`. */
export const durationSchema = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,3})?(ms|s|m|h|d|w)$/, 'expected a number and a unit: ms, s, m, h, d or w, e.g. "30m"')
  .refine((text) => {
    const found = durationMs(text);
    return found > 0 && found <= maxDurationMs;
  }, 'expected more than nothing and at most 366d');

/** Longest time a spec may name. */
const maxDurationMs = 366 * 86_400_000;

/** @param text Satisfies `durationSchema`. */
export function durationMs(text: string): number {
  return ms(text as StringValue);
}
