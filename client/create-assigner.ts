import type { Attributes } from '../assignment/meets-conditions.ts';
import type { Assignment } from '../schema/contracts/traffic.ts';
import { SluiceError } from '../schema/errors.ts';
import { createExposureQueue } from './exposure-queue.ts';
import { followTraffic } from './follow-traffic.ts';

export interface AssignerOptions {
  /** Where the API is, e.g. `http://127.0.0.1:4400`. */
  url: string;
  /** A key of the role ingest is enough. */
  apiKey: string;
  /** Whose units are assigned. */
  agent: string;
  /** Record exposures. @default true */
  record?: boolean;
  /** Exposures that may wait. What comes beyond is dropped, counted, and holds the rollout. @default 100000 */
  queueLimit?: number;
  /** @default 1000 */
  flushEveryMs?: number;
  /** Hear of changes as they come; false = ask every 5 s. @default true */
  stream?: boolean;
  /** Told of what goes wrong in the background. Decisions go on: from the last good split until its lease ends, then control. */
  onError?: (error: unknown) => void;
}

/** Decides who gets what, here: no request per decision. */
export interface Assigner {
  /**
   * What a unit gets: the same answer that the API would give. The exposure of a drawn unit is recorded behind it.
   * @param more.sessionStartedAtMs When the unit's session began: one from before the rollout stays on control.
   * @throws {SluiceError} unavailable before the first split came: await `ready()` first
   */
  assign(unit: string, attributes?: Attributes, more?: { sessionStartedAtMs?: number; record?: boolean }): Assignment;
  /** Resolves when there is a split to decide by. @throws {SluiceError} e.g. unauthorized, not_found @param timeoutMs default 10000 */
  ready(timeoutMs?: number): Promise<void>;
  /** Exposures that were given up. */
  readonly dropped: number;
  /** Sends the exposures that wait. */
  flush(): Promise<void>;
  /** Sends what waits and lets go of the connection. @param timeoutMs default 5000 */
  close(timeoutMs?: number): Promise<void>;
}

/**
 * Local assignment, in Node and in browsers.
 * @example
 * const assigner = createAssigner({ url, apiKey, agent: 'support-bot' });
 * await assigner.ready();
 * const { variant, agentVersion } = assigner.assign(sessionId);
 */
export function createAssigner(options: AssignerOptions): Assigner {
  const onError = options.onError ?? (() => {});
  const records = options.record !== false;
  const { url, apiKey, agent } = options;
  const traffic = followTraffic({ url, apiKey, agent, stream: options.stream !== false, onError });
  const exposures = createExposureQueue({
    url,
    apiKey,
    agent,
    limit: options.queueLimit ?? 100_000,
    flushEveryMs: options.flushEveryMs ?? 1_000,
    onError,
  });
  return {
    assign(unit, attributes, more) {
      const { held } = traffic;
      if (held === null) throw notReady(options);
      const { split } = held;
      const { position, assignedBy } = held.decide(
        unit,
        performance.now() < held.leaseEndsAt,
        attributes,
        more?.sessionStartedAtMs,
      );
      const variant = split.variants[position];
      if (variant === undefined) throw new Error(`revision ${split.revision} of ${agent} has no variant ${position}`);
      const randomised = assignedBy === 'hash';
      if (randomised && records && more?.record !== false) exposures.add(unit, split.revision, variant.name);
      const { revision, runId } = split;
      return runId === null
        ? { unit, variant: variant.name, agentVersion: variant.version, revision, randomised }
        : { unit, variant: variant.name, agentVersion: variant.version, runId, revision, randomised };
    },
    ready: (timeoutMs = 10_000) => traffic.ready(timeoutMs),
    get dropped() {
      return exposures.dropped;
    },
    flush: () => exposures.flush(),
    async close(timeoutMs = 5_000) {
      traffic.close();
      await exposures.close(timeoutMs);
    },
  };
}

function notReady({ agent, url }: AssignerOptions): SluiceError {
  return new SluiceError({
    code: 'unavailable',
    message: `no split of agent ${agent} has come from ${url} yet`,
    fix: 'Wait for it: `await assigner.ready()` before the first decision.',
  });
}
