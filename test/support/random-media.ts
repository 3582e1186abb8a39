import { createHash, randomBytes } from 'node:crypto';

/** Bytes that begin like a PNG, and are noise after that: nothing can squeeze them. */
export function randomPng(bytes = 2_000): Buffer {
  const start = Buffer.from(
    '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154',
    'hex',
  );
  return Buffer.concat([start, randomBytes(bytes - start.length)]);
}

/** Bytes that begin like a WAV file of PCM. */
export function randomWav(bytes = 2_000): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(bytes - 8, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(16_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(bytes - 44, 40);
  return Buffer.concat([header, randomBytes(bytes - 44)]);
}

export function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
