import type { Transaction } from 'kysely';
import type { Database } from '../../../schema/tables/database.ts';
import { findRunByKey } from '../../../store/runs/find-run.ts';
import type { SignedContext } from '../../context.ts';
import { type StartedRun, sameRun } from './same-run.ts';

/**
 * Starts a run once for each idempotency key: who comes first, or finds its own spec there, gets the run; another spec is a conflict.
 * @param resolve Asked only when the key has started nothing yet. Its `insert` writes the run and all that goes with it, in one
 *   transaction; false = the key was taken meanwhile.
 */
export async function startOnce(
  ctx: SignedContext,
  asked: { name: string; specHash: string; idempotencyKey: string | null },
  resolve: () => Promise<{ id: string; insert: (trx: Transaction<Database>) => Promise<boolean> }>,
): Promise<StartedRun> {
  const { projectId } = ctx.principal;
  const { name, specHash, idempotencyKey } = asked;
  const earlier = idempotencyKey === null ? null : await findRunByKey(ctx.db, projectId, idempotencyKey);
  if (earlier) return sameRun(earlier, specHash);
  const { id, insert } = await resolve();
  if (await ctx.db.transaction().execute(insert)) {
    ctx.dispatch();
    return { id, name, created: true };
  }
  const winner = await findRunByKey(ctx.db, projectId, idempotencyKey ?? '');
  if (!winner) throw new Error(`run ${id} was refused without a holder of its idempotency key`);
  return sameRun(winner, specHash);
}
