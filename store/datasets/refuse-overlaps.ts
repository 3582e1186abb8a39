import { sql } from 'kysely';
import type { SplitPair } from '../../schema/contracts/dataset.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../open-database.ts';

interface Overlap {
  one: string;
  other: string;
  key: string;
  total: number;
}

/**
 * Holds a staged push to its disjoint splits: no input (by the hash of its content) and no clusterKey on both sides.
 * @throws {SluiceError} invalid_input naming the pair, an example on each side, and what they share
 */
export async function refuseOverlaps(
  trx: Store,
  { pushId, name, disjoint }: { pushId: string; name: string; disjoint: readonly SplitPair[] },
): Promise<void> {
  for (const pair of disjoint) {
    const input = await findOverlap(trx, pushId, pair, sql`sha256(convert_to(input::text, 'UTF8'))`);
    if (input) {
      const what =
        input.one === input.other
          ? `example "${input.one}" is in both`
          : `example "${input.one}" (${pair[0]}) and example "${input.other}" (${pair[1]}) have the same input`;
      throw overlapError(name, pair, input.total === 1 ? what : `${what}, and so do ${input.total - 1} more inputs`);
    }
    const cluster = await findOverlap(trx, pushId, pair, sql`cluster_key`);
    if (cluster) {
      const what = `example "${cluster.one}" (${pair[0]}) and example "${cluster.other}" (${pair[1]}) have the same clusterKey "${cluster.key.slice(0, 100)}"`;
      throw overlapError(
        name,
        pair,
        cluster.total === 1 ? what : `${what}, and ${cluster.total - 1} more keys are in both`,
      );
    }
  }
}

async function findOverlap(
  trx: Store,
  pushId: string,
  [one, other]: SplitPair,
  key: ReturnType<typeof sql>,
): Promise<Overlap | undefined> {
  const { rows } = await sql<Overlap>`
    select *, count(*) over () as total from (
      select (array_agg(example_id order by ordinal) filter (where ${one} = any(splits)))[1] as one,
        (array_agg(example_id order by ordinal) filter (where ${other} = any(splits)))[1] as other,
        min(ordinal) as place, min(cluster_key) as key
      from dataset_push_row
      where push_id = ${pushId} and splits && ${[one, other]}::text[] and ${key} is not null
      group by ${key}
      having bool_or(${one} = any(splits)) and bool_or(${other} = any(splits))
    ) as shared order by place limit 1`.execute(trx);
  return rows[0];
}

function overlapError(name: string, [one, other]: SplitPair, why: string): SluiceError {
  return new SluiceError({
    code: 'invalid_input',
    message: `dataset ${name}: the splits ${one} and ${other} are declared disjoint, and ${why}`,
    fix: `Put what they share into one of the two splits; or let them overlap from now on, by name and on record: --allow-overlap ${one},${other}. Nothing was changed.`,
  });
}
