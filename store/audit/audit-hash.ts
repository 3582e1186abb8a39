import { createHmac, timingSafeEqual } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { AuditEvent } from './append-audit-event.ts';

/** An event with its place in the chain. */
export type ChainedEvent = Required<AuditEvent> & { number: number; at: Date };

/** HMAC-SHA256(key, previous hash + RFC 8785 JSON of the row), as it is written and as `audit verify` computes it again. */
export function auditHash(auditKey: string, previousHash: Uint8Array, row: ChainedEvent): Uint8Array {
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

/** What makes a head one that was written with the key: HMAC-SHA256 over project, number and hash. */
export function headMac(auditKey: string, head: { projectId: string; number: number; hash: Uint8Array }): Uint8Array {
  return createHmac('sha256', auditKey)
    .update(canonicalize(['audit_head', head.projectId, head.number]) ?? '')
    .update(head.hash)
    .digest();
}

/** True when both are the same bytes. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
