import { sql } from 'kysely';
import type { ApprovalAction } from '../../schema/contracts/approval.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { Verdict } from '../../schema/contracts/words.ts';
import { newId } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';
import { tellRequest } from './tell-request.ts';

/**
 * Asks persons about frozen evidence, in the transaction that makes the run wait for them. An open request about the
 * same thing lapses: its approvals were given for other evidence and do not carry over. About the same evidence it
 * stays as it is.
 */
export async function openRequest(
  trx: Store,
  input: {
    runId: string;
    action: ApprovalAction;
    /** For `enter_stage`, counted from 1. */
    stage?: number;
    evidenceId: string;
    planHash: string;
    quorum: number;
    ttlMs: number;
    /** Who is told once half of the time is over; null = nobody. */
    escalateTo?: string | null;
    verdict: Verdict | null;
    policy: Json;
    statisticsVersion: string;
  },
): Promise<{ requestId: string }> {
  const open = await trx
    .selectFrom('approval_request')
    .select(['id', 'evidence_id', 'plan_hash'])
    .where('run_id', '=', input.runId)
    .where('action', '=', input.action)
    .where(sql`coalesce(stage, 0)`, '=', input.stage ?? 0)
    .where('state', '=', 'open')
    .forUpdate()
    .executeTakeFirst();
  if (open?.evidence_id === input.evidenceId && open.plan_hash === input.planHash) return { requestId: open.id };
  if (open) {
    await trx
      .updateTable('approval_request')
      .set({ state: 'lapsed', decided_at: sql`clock_timestamp()`, reason: 'The run was judged again on new evidence.' })
      .where('id', '=', open.id)
      .execute();
  }
  const requestId = newId('apr');
  await trx
    .insertInto('approval_request')
    .columns([
      'id',
      'project_id',
      'run_id',
      'action',
      'stage',
      'evidence_id',
      'plan_hash',
      'quorum',
      'verdict',
      'policy',
      'statistics_version',
      'created_at',
      'expires_at',
    ])
    .expression((eb) =>
      eb
        .selectFrom('run')
        .select((of) => [
          of.val(requestId).as('id'),
          'project_id',
          'id as run_id',
          of.val(input.action).as('action'),
          sql<number | null>`${input.stage ?? null}::int`.as('stage'),
          of.val(input.evidenceId).as('evidence_id'),
          of.val(input.planHash).as('plan_hash'),
          sql<number>`${input.quorum}::int`.as('quorum'),
          of.val(input.verdict).as('verdict'),
          sql<string>`${JSON.stringify(input.policy)}::jsonb`.as('policy'),
          of.val(input.statisticsVersion).as('statistics_version'),
          sql<Date>`clock_timestamp()`.as('created_at'),
          sql<Date>`clock_timestamp() + make_interval(secs => ${input.ttlMs / 1000})`.as('expires_at'),
        ])
        .where('id', '=', input.runId),
    )
    .execute();
  await tellRequest(trx, { requestId, escalateTo: input.escalateTo ?? null, ttlMs: input.ttlMs });
  return { requestId };
}
