import { openDatabase } from '../open-database.ts';
import { createKey } from './create-key.ts';
import { findKey } from './find-key.ts';

/** The embedded stack's own key: an admin of the default project. Does nothing when the key is known. */
export async function ensureLocalAdmin(options: { databaseUrl: string; apiKey: string }): Promise<void> {
  const { db, close } = openDatabase({ databaseUrl: options.databaseUrl, connections: 1, name: 'sluice-up' });
  try {
    if (await findKey(db, options.apiKey)) return;
    await createKey(db, { projectId: 'prj_default', person: 'local', role: 'admin', apiKey: options.apiKey });
  } finally {
    await close();
  }
}
