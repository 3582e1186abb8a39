import type { Role } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';

export interface KeyInfo {
  id: string;
  owner: string;
  role: Role;
  /** The first characters of the key. */
  hint: string;
  createdAt: string;
  lastUsedAt: string | null;
  revokedAt: string | null;
}

/** The project's keys, oldest first, without their secrets. */
export async function listKeys(db: Store, projectId: string): Promise<KeyInfo[]> {
  const rows = await db
    .selectFrom('api_key as k')
    .leftJoin('person as p', 'p.id', 'k.person_id')
    .select(['k.id', 'p.name', 'k.service_name', 'k.role', 'k.hint', 'k.created_at', 'k.last_used_at', 'k.revoked_at'])
    .where('k.project_id', '=', projectId)
    .orderBy('k.created_at')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    owner: row.name ? `person:${row.name}` : `service:${row.service_name}`,
    role: row.role,
    hint: row.hint,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  }));
}
