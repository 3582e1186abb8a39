import { z } from 'zod';
import type { TokenPrices } from '../schema/contracts/agent.ts';

/** One row of a price list: what a model costs at a host. */
export const listedPriceSchema = z.strictObject({
  model: z.string().min(1),
  /** `api.openai.com`; with the port where there is one. @default any host */
  host: z.string().min(1).optional(),
  inputPerMillionUsd: z.number().min(0),
  outputPerMillionUsd: z.number().min(0),
  cachedInputPerMillionUsd: z.number().min(0).optional(),
  dated: z.iso.date().optional(),
});
export type ListedPrice = z.infer<typeof listedPriceSchema>;

/**
 * What the model of an agent costs: the first row of `lists` for its model and host. Names must be equal: snapshots of
 * a model have had other prices.
 * @returns null when no row is about it
 */
export function findPrice(
  lists: readonly (readonly ListedPrice[])[],
  { baseUrl, model }: { baseUrl: string; model: string },
): TokenPrices | null {
  if (!URL.canParse(baseUrl)) return null;
  const { host } = new URL(baseUrl);
  const row = lists.flat().find((one) => one.model === model && (one.host === undefined || one.host === host));
  if (row === undefined) return null;
  const { model: _model, host: _host, ...prices } = row;
  return prices;
}

const openai = (models: string[], dated: string, [input, cached, output]: [number, number, number]): ListedPrice[] =>
  models.map((model) => ({
    host: 'api.openai.com',
    model,
    inputPerMillionUsd: input,
    cachedInputPerMillionUsd: cached,
    outputPerMillionUsd: output,
    dated,
  }));

/**
 * Standard tier, text. Sources: the model pages and "Pricing" of OpenAI's API documentation, "Prompt Caching in the API",
 * and pages that repeat them at these dates and agree. Prices change: `prices` of an agent and the operator's list
 * (SLUICE_PRICES) go before this one.
 */
export const builtinPrices: readonly ListedPrice[] = [
  ...openai(['gpt-5', 'gpt-5-2025-08-07'], '2026-03-31', [1.25, 0.125, 10]),
  ...openai(['gpt-5-mini', 'gpt-5-mini-2025-08-07'], '2026-03-31', [0.25, 0.025, 2]),
  ...openai(['gpt-5-nano', 'gpt-5-nano-2025-08-07'], '2026-03-31', [0.05, 0.005, 0.4]),
  ...openai(['gpt-4.1', 'gpt-4.1-2025-04-14'], '2026-06-21', [2, 0.5, 8]),
  ...openai(['gpt-4.1-mini', 'gpt-4.1-mini-2025-04-14'], '2026-06-21', [0.4, 0.1, 1.6]),
  ...openai(['gpt-4.1-nano', 'gpt-4.1-nano-2025-04-14'], '2026-04-30', [0.1, 0.025, 0.4]),
  ...openai(['gpt-4o', 'gpt-4o-2024-08-06'], '2026-05-31', [2.5, 1.25, 10]),
  ...openai(['gpt-4o-mini', 'gpt-4o-mini-2024-07-18'], '2026-05-31', [0.15, 0.075, 0.6]),
  ...openai(['o4-mini', 'o4-mini-2025-04-16'], '2026-03-31', [1.1, 0.275, 4.4]),
  ...openai(['o3-mini', 'o3-mini-2025-01-31'], '2026-05-31', [1.1, 0.55, 4.4]),
];
