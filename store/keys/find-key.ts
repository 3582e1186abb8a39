import { sql } from 'kysely';
import type { Role } from '../../schema/contracts/words.ts';
import type { Store } from '../open-database.ts';
import { hashKey } from './hash-key.ts';

/** Who acts. `personId` is null for services. */
export interface Principal {
  projectId: string;
  keyId: string;
  personId: string | null;
  /** `person:<name>` or `service:<name>`. */
  actor: string;
  role: Role;
}

/** The owner of an API key; null when there is none or it was revoked. */
export async function findKey(db: Store, apiKey: string): Promise<Principal | null> {
  const row = await db
    .selectFrom('api_key as k')
    .leftJoin('person as p', 'p.id', 'k.person_id')
    .select(['k.id', 'k.project_id', 'k.person_id', 'k.service_name', 'k.role', 'p.name', 'k.last_used_at'])
    .where('k.secret_hash', '=', hashKey(apiKey))
    .where('k.revoked_at', 'is', null)
    .executeTakeFirst();
  if (!row) return null;
  if (!row.last_used_at || Date.now() - row.last_used_at.getTime() > 60_000) {
    await db.updateTable('api_key').set({ last_used_at: sql`now()` }).where('id', '=', row.id).execute();
  }
  return {
    projectId: row.project_id,
    keyId: row.id,
    personId: row.person_id,
    actor: row.name ? `person:${row.name}` : `service:${row.service_name}`,
    role: row.role,
  };
}
