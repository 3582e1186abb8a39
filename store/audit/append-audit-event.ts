import { sql, type Transaction } from 'kysely';
import type { Json } from '../../schema/contracts/json.ts';
import type { Database } from '../../schema/tables/database.ts';
import { auditHash, headMac, sameBytes } from './audit-hash.ts';
import { type AuditHead, readAuditHead } from './read-audit-head.ts';

export interface AuditEvent {
  projectId: string;
  /** `person:<name>` or `service:<name>`. */
  actor: string;
  verb: string;
  subject: string;
  detail?: { [key: string]: Json };
}

/** Written before an event when the chain does not end where its head says; `audit verify` reports it for ever. */
export const headMismatchVerb = 'audit.head_mismatch';

interface Link {
  number: number;
  hash: Uint8Array;
}

/**
 * Adds an event to the project's chain: hash = HMAC-SHA256(key, previous hash + RFC 8785 JSON of the row), and moves the
 * chain's head. In the same transaction as what it records. Appends of one project wait for each other. A chain that was
 * cut or changed at its end goes on, for no work may stop; but the break stays in it.
 */
export async function appendAuditEvent(trx: Transaction<Database>, event: AuditEvent, auditKey: string): Promise<void> {
  const { projectId } = event;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`audit:${projectId}`}, 0))`.execute(trx);
  const row = await trx
    .selectFrom('audit_event')
    .select(['number', 'hash'])
    .where('project_id', '=', projectId)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  const last = row ? { number: Number(row.number), hash: row.hash } : null;
  const head = await readAuditHead(trx, { projectId, auditKey });
  const end = endOf(head, last);
  let link = end.link;
  if (!end.certain) link = await insert(trx, mismatch(projectId, head, last), auditKey, link);
  link = await insert(trx, event, auditKey, link);
  const values = { number: String(link.number), hash: link.hash, mac: headMac(auditKey, { projectId, ...link }) };
  await trx
    .insertInto('audit_head')
    .values({ project_id: projectId, ...values })
    .onConflict((conflict) => conflict.column('project_id').doUpdateSet(values))
    .execute();
}

/** Where the chain goes on: at the head, unless somebody changed that or what is under it. */
function endOf(head: AuditHead | null, last: Link | null): { link: Link; certain: boolean } {
  const start = { number: 0, hash: new Uint8Array(32) };
  if (head === null) return { link: last ?? start, certain: last === null };
  if (head.state === 'none_yet') return { link: last ?? start, certain: last?.number === head.number };
  const trusted = head.state === 'valid' ? { number: head.number, hash: head.hash } : null;
  if (trusted === null || (last !== null && last.number > trusted.number)) {
    return { link: last ?? start, certain: false };
  }
  return { link: trusted, certain: last?.number === trusted.number && sameBytes(last.hash, trusted.hash) };
}

function mismatch(projectId: string, head: AuditHead | null, last: Link | null): AuditEvent {
  return {
    projectId,
    actor: 'service:sluice',
    verb: headMismatchVerb,
    subject: 'audit',
    detail: {
      head: head === null ? null : { number: head.number, state: head.state },
      last: last === null ? null : { number: last.number, hash: Buffer.from(last.hash).toString('hex') },
    },
  };
}

async function insert(trx: Transaction<Database>, event: AuditEvent, auditKey: string, previous: Link): Promise<Link> {
  const number = previous.number + 1;
  const at = new Date();
  const detail = event.detail ?? {};
  const hash = auditHash(auditKey, previous.hash, { ...event, detail, number, at });
  await trx
    .insertInto('audit_event')
    .values({
      project_id: event.projectId,
      number: String(number),
      at,
      actor: event.actor,
      verb: event.verb,
      subject: event.subject,
      detail: JSON.stringify(detail),
      previous_hash: previous.hash,
      hash,
    })
    .execute();
  return { number, hash };
}
