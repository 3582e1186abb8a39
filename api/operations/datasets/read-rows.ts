import type { StoredRow } from '../../../schema/contracts/dataset.ts';
import { readRows as readStoredRows } from '../../../store/datasets/read-rows.ts';
import type { SignedContext } from '../../context.ts';
import { findReferenced } from './get-version.ts';

/** The next page of a version's rows, in their order; empty after the last. */
export async function readRows({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { dataset: string; after: number };
}): Promise<StoredRow[]> {
  const { row, split } = await findReferenced(ctx, input.dataset);
  return readStoredRows(ctx.db, { versionId: row.versionId, split, after: input.after });
}
