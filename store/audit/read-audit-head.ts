import type { Store } from '../open-database.ts';
import { headMac, sameBytes } from './audit-hash.ts';

/**
 * The last event of a chain as its head says. `none_yet`: the chain is older than heads, and no event came since;
 * `forged`: not written with this key.
 */
export type AuditHead =
  | { state: 'valid' | 'forged'; number: number; hash: Uint8Array }
  | { state: 'none_yet'; number: number; hash: null };

/** The head of a project's chain; null when there is no row. */
export async function readAuditHead(
  db: Store,
  input: { projectId: string; auditKey: string },
): Promise<AuditHead | null> {
  const { projectId, auditKey } = input;
  const row = await db
    .selectFrom('audit_head')
    .select(['number', 'hash', 'mac'])
    .where('project_id', '=', projectId)
    .executeTakeFirst();
  if (!row) return null;
  const number = Number(row.number);
  if (row.hash === null || row.mac === null) return { state: 'none_yet', number, hash: null };
  const valid = sameBytes(row.mac, headMac(auditKey, { projectId, number, hash: row.hash }));
  return { state: valid ? 'valid' : 'forged', number, hash: row.hash };
}
