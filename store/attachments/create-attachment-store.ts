import { sql } from 'kysely';
import { SluiceError } from '../../schema/errors.ts';
import type { Store } from '../open-database.ts';
import type { AttachmentStore, ObjectStore, StoredAttachment } from './attachment-store.ts';

const pieceBytes = 1_048_576;

/**
 * Attachments of all projects: what there is stands in Postgres, the bytes too, unless `objects` is given. Bytes that
 * were stored before an object store was configured are read from where they are.
 */
export function createAttachmentStore(db: Store, objects: ObjectStore | null): AttachmentStore {
  const has: AttachmentStore['has'] = async (projectId, sha256s) => {
    if (sha256s.length === 0) return new Map();
    const rows = await db
      .selectFrom('attachment')
      .select(['sha256', 'media_type as mediaType', 'size_bytes as sizeBytes'])
      .where('project_id', '=', projectId)
      .where(({ eb }) => eb('sha256', '=', sql<string>`any(${[...sha256s]}::text[])`))
      .execute();
    return new Map(rows.map((row) => [row.sha256, row]));
  };
  return {
    has,
    async put({ projectId, sha256, mediaType, content }) {
      const there = (await has(projectId, [sha256])).get(sha256);
      if (there) return { ...there, created: false };
      // The object first: a row means that the bytes are there.
      await objects?.put(objectKey(projectId, sha256), { sha256, mediaType, content });
      const written = await db
        .insertInto('attachment')
        .values({
          project_id: projectId,
          sha256,
          media_type: mediaType,
          size_bytes: content.byteLength,
          content: objects ? null : content,
        })
        .onConflict((conflict) => conflict.columns(['project_id', 'sha256']).doNothing())
        .returning('sha256')
        .executeTakeFirst();
      if (written) return { sha256, mediaType, sizeBytes: content.byteLength, created: true };
      const raced = (await has(projectId, [sha256])).get(sha256) as StoredAttachment;
      return { ...raced, created: false };
    },
    async get(projectId, sha256) {
      const row = await db
        .selectFrom('attachment')
        .select(['media_type', 'size_bytes', sql<boolean>`content is null`.as('outside')])
        .where('project_id', '=', projectId)
        .where('sha256', '=', sha256)
        .executeTakeFirst();
      if (!row) return null;
      const about = { sha256, mediaType: row.media_type, sizeBytes: row.size_bytes };
      if (!row.outside) return { ...about, content: piecesOf(db, projectId, about) };
      const content = await objects?.get(objectKey(projectId, sha256));
      if (content) return { ...about, content };
      throw new SluiceError({
        code: 'internal',
        message: objects
          ? `attachment ${sha256} was stored in the object store, which does not have it any more`
          : `attachment ${sha256} is in an object store, and this process has none configured`,
        fix: 'Set SLUICE_ATTACHMENTS_URL as it was when the attachment was stored, for the API and every worker.',
      });
    },
  };
}

function objectKey(projectId: string, sha256: string): string {
  return `${projectId}/${sha256}`;
}

async function* piecesOf(db: Store, projectId: string, { sha256, sizeBytes }: StoredAttachment) {
  for (let from = 0; from < sizeBytes; from += pieceBytes) {
    const { piece } = await db
      .selectFrom('attachment')
      .select(sql<Buffer>`substring(content from ${from + 1}::int for ${pieceBytes}::int)`.as('piece'))
      .where('project_id', '=', projectId)
      .where('sha256', '=', sha256)
      .executeTakeFirstOrThrow();
    yield piece as Uint8Array;
  }
}
