import { sql } from 'kysely';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { Store } from '../open-database.ts';
import { addToOutbox } from '../outbox/add-to-outbox.ts';

/** Asks a worker to measure a plan. Rows whose asker went away long ago are removed on the way. */
export async function addPreview(
  trx: Store,
  input: { id: string; projectId: string; name: string; plan: Plan; declaredEffects: Record<string, number> },
): Promise<void> {
  await trx.deleteFrom('plan_preview').where('created_at', '<', sql<Date>`now() - interval '1 hour'`).execute();
  await trx
    .insertInto('plan_preview')
    .values({
      id: input.id,
      project_id: input.projectId,
      name: input.name,
      plan: JSON.stringify(input.plan),
      declared_effects: JSON.stringify(input.declaredEffects),
    })
    .execute();
  await addToOutbox(trx, { topic: 'preview_plan', payload: { previewId: input.id } });
}
