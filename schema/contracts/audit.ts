import { z } from 'zod';
import type { Json } from './json.ts';

/** One event of the audit log. */
export interface AuditEntry {
  number: number;
  at: string;
  /** `person:<name>` or `service:<name>`. */
  actor: string;
  verb: string;
  subject: string;
  detail: Json;
}

/** Where a chain ends. Noted elsewhere, it tells later that nothing before it was taken back. */
export interface AuditAnchor {
  number: number;
  /** Hex. */
  hash: string;
}

/** `NUMBER:HASH`, as `audit verify` prints it; the first 16 characters of the hash are enough. */
export const auditAnchorSchema = z
  .string()
  .trim()
  .regex(
    /^[1-9]\d{0,14}:[0-9a-f]{16,64}$/,
    'expected NUMBER:HASH as `audit verify` prints it, e.g. 120:9f86d081884c7d65',
  )
  .transform((text): AuditAnchor => {
    const [number = '', hash = ''] = text.split(':');
    return { number: Number(number), hash };
  });

/**
 * What is wrong with a chain: an event was `changed`, stands at another's place (`reordered`), does not follow the one
 * before (`unlinked`), or is not there (`missing`, at the end `tail_missing`); the head was changed or taken away, or did
 * not fit when an event was written (`head_mismatch`); or the chain is not the one that was noted (`not_as_noted`).
 */
export interface AuditProblem {
  kind:
    | 'changed'
    | 'reordered'
    | 'unlinked'
    | 'missing'
    | 'tail_missing'
    | 'head_changed'
    | 'head_missing'
    | 'head_mismatch'
    | 'not_as_noted';
  /** Of the first event concerned. */
  number: number;
  /** When it is said to have happened; of missing events that of the last one before. */
  at: string | null;
  message: string;
}

export interface AuditReport {
  ok: boolean;
  events: number;
  /** The first 100. */
  problems: AuditProblem[];
  problemCount: number;
  /** What could not be told though nothing was found. */
  warnings: string[];
  /** Where the chain ends; null when it is empty. */
  end: AuditAnchor | null;
}
