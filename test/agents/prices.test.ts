import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtinPrices, findPrice, listedPriceSchema } from '../../agents/price-table.ts';
import { readPrices } from '../../agents/read-prices.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-prices-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string): string {
  const file = join(folder, 'prices.yaml');
  writeFileSync(file, text);
  return file;
}

const baseUrl = 'https://api.openai.com/v1';

describe('the price of a model', () => {
  it('is found by its host and its whole name, each dated; what is not listed is unknown', () => {
    expect(findPrice([builtinPrices], { baseUrl, model: 'gpt-4.1-mini' })).toEqual({
      inputPerMillionUsd: 0.4,
      cachedInputPerMillionUsd: 0.1,
      outputPerMillionUsd: 1.6,
      dated: '2026-06-21',
    });
    expect(findPrice([builtinPrices], { baseUrl, model: 'gpt-4.1-min' })).toBeNull();
    expect(findPrice([builtinPrices], { baseUrl: 'http://127.0.0.1:8080/v1', model: 'gpt-4.1-mini' })).toBeNull();
    for (const row of builtinPrices) expect(listedPriceSchema.parse(row).dated).toBeDefined();
  });

  it('is the operator’s where their list has one, for any host unless it names one', () => {
    const operator = readPrices(
      fileOf(`
- { model: gpt-4.1-mini, host: llm.example.org, inputPerMillionUsd: 9, outputPerMillionUsd: 9 }
- { model: gpt-4.1-mini, inputPerMillionUsd: 1, outputPerMillionUsd: 2, dated: 2026-01-31 }
`),
    );
    expect(findPrice([operator, builtinPrices], { baseUrl, model: 'gpt-4.1-mini' })).toEqual({
      inputPerMillionUsd: 1,
      outputPerMillionUsd: 2,
      dated: '2026-01-31',
    });
  });

  it('in a list that cannot be read is said to be wrong, with the file and the key', () => {
    const wrong = fileOf('- { model: large-1, inputPerMillion: 1, outputPerMillionUsd: 2 }');
    expect(() => readPrices(wrong)).toThrow('[0].inputPerMillion: unknown key; did you mean "inputPerMillionUsd"?');
    expect(() => readPrices(join(folder, 'absent.yaml'))).toThrow('absent.yaml cannot be read');
  });
});
