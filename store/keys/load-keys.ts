import type { Store } from '../open-database.ts';
import type { Principal } from './find-key.ts';

/** Every key that is not revoked: its hash (hex) and its owner. */
export async function loadKeys(db: Store): Promise<{ hash: string; principal: Principal }[]> {
  const rows = await db
    .selectFrom('api_key as k')
    .leftJoin('person as p', 'p.id', 'k.person_id')
    .select(['k.id', 'k.project_id', 'k.person_id', 'k.service_name', 'k.role', 'k.secret_hash', 'p.name'])
    .where('k.revoked_at', 'is', null)
    .execute();
  return rows.map((row) => ({
    hash: Buffer.from(row.secret_hash).toString('hex'),
    principal: {
      projectId: row.project_id,
      keyId: row.id,
      personId: row.person_id,
      actor: row.name ? `person:${row.name}` : `service:${row.service_name}`,
      role: row.role,
    },
  }));
}
