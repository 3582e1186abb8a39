import { SluiceError } from '../../../schema/errors.ts';

export interface StartedRun {
  id: string;
  name: string;
  /** False when the idempotency key had started this run already. */
  created: boolean;
}

/** The run that an idempotency key started before. @throws {SluiceError} conflict when that was another spec */
export function sameRun(
  run: { id: string; name: string; spec_hash: string; idempotency_key: string | null },
  specHash: string,
): StartedRun {
  if (run.spec_hash === specHash) return { id: run.id, name: run.name, created: false };
  throw new SluiceError({
    code: 'conflict',
    message: `the idempotency key "${run.idempotency_key}" belongs to ${run.id}, which was started with another spec`,
    fix: 'Use another key for another spec, or the first spec again.',
  });
}
