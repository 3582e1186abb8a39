import type { AgentUsage } from '../schema/contracts/call.ts';
import { type ErrorCode, SluiceError } from '../schema/errors.ts';

/** A judge that was asked and gave no judgement: a missing score with this reason, and what asking cost all the same. */
export class NoJudgement extends SluiceError {
  readonly usage: AgentUsage | undefined;

  constructor(options: { code?: ErrorCode; message: string; usage?: AgentUsage | undefined }) {
    super({ code: options.code ?? 'unavailable', message: options.message });
    this.usage = options.usage;
  }
}
