import { createHmac } from 'node:crypto';
import canonicalize from 'canonicalize';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { appendAuditEvent } from '../../store/audit/append-audit-event.ts';
import { freezeEvidence } from '../../store/runs/freeze-evidence.ts';
import { recordDecision } from '../../store/runs/record-decision.ts';
import { frozenRun, projectId } from '../support/frozen-run.ts';
import { useTestDatabase } from '../support/test-database.ts';

const { db } = await useTestDatabase();
const auditKey = 'key of the audit chain';

const decide = async (runId: string) =>
  db.transaction().execute(async (trx) => {
    const { evidenceId } = await freezeEvidence(trx, { runId, hash: 'hash of the evidence', content: { counts: 1 } });
    const { decisionId } = await recordDecision(trx, {
      runId,
      evidenceId,
      verdict: 'pass',
      action: 'roll_forward',
      policy: null,
      planHash: 'hash of the plan',
      statisticsVersion: '1',
    });
    return decisionId;
  });

describe('evidence, decisions, approvals and audit events', () => {
  const tables = ['evidence', 'decision', 'approval', 'audit_event'];
  it.each(tables)('in %s cannot be changed, deleted or truncated', async (table) => {
    await decide((await frozenRun(db, { examples: 1 })).runId);
    const name = sql.table(table);
    const column = sql.ref(table === 'audit_event' ? 'actor' : 'run_id');
    await expect(sql`update ${name} set ${column} = ${column}`.execute(db)).rejects.toThrow('append-only: update');
    await expect(sql`delete from ${name}`.execute(db)).rejects.toThrow('append-only: delete');
    await expect(sql`truncate ${name} cascade`.execute(db)).rejects.toThrow('append-only: truncate');
  });
});

it('the same evidence again gives the decision that is there', async () => {
  const { runId } = await frozenRun(db, { examples: 1 });
  expect(await decide(runId)).toBe(await decide(runId));
});

it('audit events form one chain, each hash taken over the one before, whatever comes at once', async () => {
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      db
        .transaction()
        .execute((trx) =>
          appendAuditEvent(
            trx,
            { projectId, actor: 'person:ada', verb: 'test.step', subject: `step:${n}`, detail: { n, ä: [true, null] } },
            auditKey,
          ),
        ),
    ),
  );
  const rows = await db.selectFrom('audit_event').selectAll().orderBy('number').execute();
  expect(rows).toHaveLength(20);
  let previous: Uint8Array = new Uint8Array(32);
  rows.forEach((row, index) => {
    expect(Number(row.number)).toBe(index + 1);
    expect(Buffer.compare(row.previous_hash, previous)).toBe(0);
    const body = canonicalize({
      project: row.project_id,
      number: Number(row.number),
      at: row.at.toISOString(),
      actor: row.actor,
      verb: row.verb,
      subject: row.subject,
      detail: row.detail,
    });
    const hash = createHmac('sha256', auditKey)
      .update(previous)
      .update(body ?? '')
      .digest();
    expect(Buffer.compare(row.hash, hash)).toBe(0);
    previous = row.hash;
  });
});

it('an audit event whose cause is rolled back leaves no gap', async () => {
  const before = await db.selectFrom('audit_event').select('number').execute();
  const append = (fail: boolean) =>
    db.transaction().execute(async (trx) => {
      await appendAuditEvent(trx, { projectId, actor: 'person:ada', verb: 'test.step', subject: 'step' }, auditKey);
      if (fail) throw new Error('undone');
    });
  await expect(append(true)).rejects.toThrow('undone');
  await append(false);
  const after = await db.selectFrom('audit_event').select('number').orderBy('number', 'desc').execute();
  expect(Number(after[0]?.number)).toBe(before.length + 1);
});
