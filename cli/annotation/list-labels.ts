import { withStack } from '../connect.ts';
import type { GlobalOptions } from '../global-options.ts';
import { printRows } from '../print-rows.ts';

export interface ListLabelsOptions {
  readonly name?: string;
  readonly person?: string;
}

/** `annotation list RUN`. */
export async function listLabels(run: string, options: ListLabelsOptions, global: GlobalOptions): Promise<void> {
  await withStack(global, async ({ sluice, again }) => {
    const rows = await sluice.annotations.list.query({ run, ...options });
    await printRows(rows, global, {
      none: `no labels yet; write a sheet: ${again(`annotation export ${run}`)}`,
      columns: {
        example: (row) => row.exampleId,
        variant: (row) => row.variant,
        name: (row) => row.name,
        person: (row) => row.person,
        label: (row) => row.label ?? '',
        score: (row) => (row.score === null ? '' : String(row.score)),
        revision: (row) => String(row.revision),
        comment: (row) => row.explanation ?? '',
      },
    });
  });
}
