import type { Pool } from 'pg';
import type { AgentConfig, OpenaiAgentConfig, TokenPrices } from '../schema/contracts/agent.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import type { AttachmentStore } from '../store/attachments/attachment-store.ts';
import type { Principal } from '../store/keys/find-key.ts';
import type { Store } from '../store/open-database.ts';
import type { Analyst } from './analysis/create-analyst.ts';

/** What every operation works with. */
export interface Services {
  db: Store;
  pool: Pool;
  /** Images and recordings by their SHA-256. */
  attachments: AttachmentStore;
  /** Key of the audit chain. */
  auditKey: string;
  /** Resolves at the next change of the run's status, or after `timeoutMs`. */
  nextChange(runId: string, timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /** Throws what is wrong with a configuration that only its adapter can tell: a bad pattern, path or header. */
  checkAgent(config: AgentConfig): void;
  checkEvaluator(config: EvaluatorConfig): void;
  /** By the operator's price list or the built-in one; null when neither knows the model. */
  priceOf(config: OpenaiAgentConfig): TokenPrices | null;
  /** Does work over all rows of a run beside the event loop. */
  analyst: Analyst;
  /** Why a URL may not be called by Sluice; null when it may. */
  whyUrlBlocked(url: URL): string | null;
  /** Sends what stands in the outbox now, without waiting for it. */
  dispatch(): void;
}

/** One request: the services, and who asks (null without a valid key). */
export interface Context extends Services {
  principal: Principal | null;
}

/** A request of somebody known. */
export interface SignedContext extends Services {
  principal: Principal;
}
