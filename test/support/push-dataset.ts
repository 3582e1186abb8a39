import type { SluiceClient } from '../../client/create-client.ts';
import type { DatasetVersionInfo, ExampleRow } from '../../schema/contracts/dataset.ts';

/** Pushes rows as the next version of a dataset, in chunks of `chunk`. */
export async function pushDataset(
  sluice: SluiceClient,
  name: string,
  rows: ExampleRow[],
  chunk = 1_000,
): Promise<DatasetVersionInfo> {
  const { pushId } = await sluice.datasets.beginPush.mutate({ name });
  for (let ordinal = 0; ordinal < rows.length; ordinal += chunk) {
    await sluice.datasets.pushRows.mutate({ pushId, ordinal, rows: rows.slice(ordinal, ordinal + chunk) });
  }
  return sluice.datasets.finishPush.mutate({ pushId, rows: rows.length });
}

/** `count` examples `e0`, `e1`, … with input `{number}` and the number as expected value. */
export function numberedRows(count: number, more: Partial<ExampleRow> = {}): ExampleRow[] {
  return Array.from({ length: count }, (_, number) => ({
    id: `e${number}`,
    input: { number },
    expected: `${number}`,
    ...more,
  }));
}
