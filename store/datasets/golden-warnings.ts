import { sql } from 'kysely';
import { goldenKeys } from '../../schema/contracts/dataset.ts';
import { goldenSplit } from '../../schema/contracts/gate.ts';
import type { Store } from '../open-database.ts';

/** Golden cases of a staged push that tell no owner or no reason: nobody knows whom to ask when one of them breaks. */
export async function goldenWarnings(trx: Store, pushId: string, golden: number): Promise<string[]> {
  const { rows } = await sql<{ count: number; first: string }>`
    select count(*) as count, (array_agg(example_id order by ordinal))[1] as first from dataset_push_row
    where push_id = ${pushId} and ${goldenSplit} = any(splits) and (
      coalesce(metadata ->> ${goldenKeys.owner}, '') = '' or coalesce(metadata ->> ${goldenKeys.reason}, '') = '')`.execute(
    trx,
  );
  const { count, first } = rows[0] as { count: number; first: string };
  if (count === 0) return [];
  return [
    `${count} of ${golden} golden ${golden === 1 ? 'case has' : 'cases have'} no owner or no reason (the first is "${first}"): add columns owner and reason, or --owner NAME --reason TEXT, so that whoever breaks one knows whom to ask`,
  ];
}
