import { randomBytes } from 'node:crypto';
import type { Role } from '../../schema/contracts/words.ts';
import { newId } from '../../schema/ids.ts';
import type { Store } from '../open-database.ts';
import { hashKey } from './hash-key.ts';

/** Makes a key for a person (made too, if new) or a service. The secret is returned once and stored hashed. */
export async function createKey(
  db: Store,
  input: { projectId: string; person?: string; service?: string; role: Role; apiKey?: string },
): Promise<{ id: string; apiKey: string }> {
  const apiKey = input.apiKey ?? `sl_${randomBytes(20).toString('hex')}`;
  const id = newId('key');
  let personId: string | null = null;
  if (input.person) {
    await db
      .insertInto('person')
      .values({ id: newId('per'), project_id: input.projectId, name: input.person })
      .onConflict((conflict) => conflict.columns(['project_id', 'name']).doNothing())
      .execute();
    const person = await db
      .selectFrom('person')
      .select('id')
      .where('project_id', '=', input.projectId)
      .where('name', '=', input.person)
      .executeTakeFirstOrThrow();
    personId = person.id;
  }
  await db
    .insertInto('api_key')
    .values({
      id,
      project_id: input.projectId,
      person_id: personId,
      service_name: personId ? null : (input.service ?? 'service'),
      role: input.role,
      secret_hash: hashKey(apiKey),
      hint: `${apiKey.slice(0, 7)}…`,
    })
    .execute();
  return { id, apiKey };
}
