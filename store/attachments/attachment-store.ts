/** What is known of a stored attachment without reading it. */
export interface StoredAttachment {
  sha256: string;
  mediaType: string;
  sizeBytes: number;
}

/** Media by the SHA-256 of their bytes, each stored once for a project. Values never change, so any of it may be cached. */
export interface AttachmentStore {
  /** Stores the bytes, or does nothing when they are there already. The caller has hashed them. */
  put(input: {
    projectId: string;
    sha256: string;
    mediaType: string;
    content: Uint8Array;
  }): Promise<StoredAttachment & { created: boolean }>;
  /** The bytes, in pieces of at most 1 MiB from Postgres; null when they are not stored. */
  get(projectId: string, sha256: string): Promise<(StoredAttachment & { content: AsyncIterable<Uint8Array> }) | null>;
  /** Which of these are stored. */
  has(projectId: string, sha256s: readonly string[]): Promise<Map<string, StoredAttachment>>;
}

/** Where bytes lie outside of Postgres. */
export interface ObjectStore {
  put(key: string, input: { sha256: string; mediaType: string; content: Uint8Array }): Promise<void>;
  /** null = no such object. */
  get(key: string): Promise<AsyncIterable<Uint8Array> | null>;
}
