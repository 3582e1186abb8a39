import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseInput } from '../schema/contracts/parse-input.ts';
import { SluiceError } from '../schema/errors.ts';
import { type ListedPrice, listedPriceSchema } from './price-table.ts';

/**
 * The operator's list of token prices: YAML or JSON, a list of `{model, host?, inputPerMillionUsd, outputPerMillionUsd,
 * cachedInputPerMillionUsd?, dated?}`. The first row that fits a model counts.
 *
 * @throws {SluiceError} invalid_input naming the file and the key
 */
export function readPrices(file: string): ListedPrice[] {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `the price list ${file} cannot be read: ${error instanceof Error ? error.message : error}`,
      fix: 'Correct the file, or unset SLUICE_PRICES.',
    });
  }
  return parseInput(z.array(listedPriceSchema), content, file);
}
