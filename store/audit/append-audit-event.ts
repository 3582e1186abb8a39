import { createHmac } from 'node:crypto';
import canonicalize from 'canonicalize';
import { sql, type Transaction } from 'kysely';
import type { Json } from '../../schema/contracts/json.ts';
import type { Database } from '../../schema/tables/database.ts';

export interface AuditEvent {
  projectId: string;
  /** `person:<name>` or `service:<name>`. */
  actor: string;
  verb: string;
  subject: string;
  detail?: { [key: string]: Json };
}

/**
 * Adds an event to the project's chain: hash = HMAC-SHA256(key, previous hash + RFC 8785 JSON of the row). In the same
 * transaction as what it records. Appends of one project wait for each other.
 */
export async function appendAuditEvent(trx: Transaction<Database>, event: AuditEvent, auditKey: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`audit:${event.projectId}`}, 0))`.execute(trx);
  const last = await trx
    .selectFrom('audit_event')
    .select(['number', 'hash'])
    .where('project_id', '=', event.projectId)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  const number = Number(last?.number ?? 0) + 1;
  const previousHash = last?.hash ?? new Uint8Array(32);
  const at = new Date();
  const hash = auditHash(auditKey, previousHash, { ...event, detail: event.detail ?? {}, number, at });
  await trx
    .insertInto('audit_event')
    .values({
      project_id: event.projectId,
      number: String(number),
      at,
      actor: event.actor,
      verb: event.verb,
      subject: event.subject,
      detail: JSON.stringify(event.detail ?? {}),
      previous_hash: previousHash,
      hash,
    })
    .execute();
}

/** The hash of one row of the chain, as `audit verify` computes it again. */
export function auditHash(
  auditKey: string,
  previousHash: Uint8Array,
  row: Required<AuditEvent> & { number: number; at: Date },
): Uint8Array {
  const body = canonicalize({
    project: row.projectId,
    number: row.number,
    at: row.at.toISOString(),
    actor: row.actor,
    verb: row.verb,
    subject: row.subject,
    detail: row.detail,
  });
  return createHmac('sha256', auditKey)
    .update(previousHash)
    .update(body ?? '')
    .digest();
}
