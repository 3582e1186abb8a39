import { withStack } from '../connect.ts';
import { formatCount } from '../format/format-count.ts';
import type { GlobalOptions } from '../global-options.ts';
import { printRows } from '../print-rows.ts';

/** `dataset list`. */
export async function listDatasets(global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice }) => {
    await printRows(await sluice.datasets.list.query(), global, {
      none: 'no datasets yet: `sluice dataset push NAME FILE`',
      columns: {
        dataset: (dataset) => dataset.name,
        version: (dataset) => String(dataset.version),
        versions: (dataset) => describeVersions(dataset.versions.map((one) => one.version)),
        pins: (dataset) =>
          Object.entries(dataset.pins)
            .map(([label, version]) => `${label} @${version}`)
            .join(', '),
        examples: (dataset) => formatCount(dataset.examples),
        splits: (dataset) =>
          [
            ...Object.entries(dataset.splits).map(([split, count]) => `${split} ${formatCount(count)}`),
            ...dataset.disjoint.map(([one, other]) => `${one} and ${other} disjoint`),
          ].join(', '),
        created: (dataset) => dataset.createdAt.slice(0, 10),
      },
    });
  });
}

function describeVersions(versions: number[]): string {
  return versions.length === 1 ? '1' : `${versions[0]} to ${versions.at(-1)}`;
}
