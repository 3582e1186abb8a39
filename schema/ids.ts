import { createHash, randomBytes } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Kinds of identifier; the prefix tells a reader what an id names. */
export type IdPrefix =
  | 'run'
  | 'per'
  | 'key'
  | 'agt'
  | 'dst'
  | 'dsv'
  | 'evl'
  | 'evd'
  | 'dec'
  | 'apr'
  | 'psh'
  | 'pln'
  | 'scr'
  | 'prj'
  | 'frz'
  | 'whk'
  | 'msg';

/**
 * A new identifier: prefix, 9 characters of time (ms, sortable), 11 random characters (55 bits).
 * @example newId('run') // 'run_1kq3x9v0a7h2m4n8p6r0t'
 */
export function newId(prefix: IdPrefix): string {
  let time = Date.now();
  let head = '';
  for (let index = 0; index < 9; index += 1) {
    head = alphabet[time % 32] + head;
    time = Math.floor(time / 32);
  }
  let tail = '';
  for (const byte of randomBytes(11)) tail += alphabet[byte % 32];
  return `${prefix}_${head}${tail}`;
}

/**
 * The id of a trial, derived from its key: the same in every attempt, different for every
 * (run, variant, example, repetition). It starts with the run's id, so that the scores of a run lie together.
 */
export function trialId(runId: string, variant: string, exampleId: string, repetition: number): string {
  const digest = createHash('sha256').update(`${variant}\u0000${exampleId}\u0000${repetition}`).digest('base64url');
  return `${runId}-${digest.slice(0, 22)}`;
}

/** SHA-256 as lower-case hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
