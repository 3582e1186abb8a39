import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Encrypts secrets that must be usable later: AES-256-GCM under a key derived from the audit key, which no database has. */
export interface SecretBox {
  seal(secret: string, id: string): Buffer;
  /** @throws when the box was made with another audit key or for another id */
  open(box: Buffer, id: string): string;
}

const ivBytes = 12;
const tagBytes = 16;

/** @param auditKey Key of the audit chain. */
export function createSecretBox(auditKey: string): SecretBox {
  const key = Buffer.from(hkdfSync('sha256', auditKey, '', 'sluice webhook secrets', 32));
  return {
    seal: (secret, id) => {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(id));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
    },
    open: (box, id) => {
      const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, ivBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(id))
        .setAuthTag(box.subarray(ivBytes, ivBytes + tagBytes));
      return Buffer.concat([decipher.update(box.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8');
    },
  };
}
