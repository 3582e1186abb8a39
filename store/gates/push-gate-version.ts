import canonicalize from 'canonicalize';
import { sql } from 'kysely';
import type { GatePolicy } from '../../schema/contracts/gate.ts';
import { sha256 } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';

/** Adds the next version of a gate; the same policy as an earlier version makes none. */
export async function pushGateVersion(
  trx: Store,
  input: { projectId: string; name: string; policy: GatePolicy; createdBy: string },
): Promise<{ name: string; version: number; created: boolean }> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`gate:${input.projectId}:${input.name}`}, 0))`.execute(trx);
  const contentHash = sha256(canonicalize(input.policy) ?? '');
  const rows = await trx
    .selectFrom('gate_version')
    .select(['version', 'content_hash'])
    .where('project_id', '=', input.projectId)
    .where('name', '=', input.name)
    .execute();
  const same = rows.find((row) => row.content_hash === contentHash);
  if (same) return { name: input.name, version: same.version, created: false };
  const version = Math.max(0, ...rows.map((row) => row.version)) + 1;
  await trx
    .insertInto('gate_version')
    .values({
      project_id: input.projectId,
      name: input.name,
      version,
      content_hash: contentHash,
      policy: JSON.stringify(input.policy),
      created_by: input.createdBy,
    })
    .execute();
  return { name: input.name, version, created: true };
}
