/** What a session was answered by while a rollout moved its agent's traffic. */
export interface ServedBy {
  runId: string;
  variant: string;
  version: number;
  revision: number;
}

export interface Session {
  /** By the wall clock, ms since 1970. */
  startedAtMs: number;
  lastSeenAtMs: number;
  servedBy: ServedBy | null;
}

/** A session that was silent for so long has ended; its id again is a new one. */
const idleMs = 1_800_000;
/** Sessions remembered; twice as many at most. */
const mostRecent = 100_000;

/**
 * The sessions that this process has seen, in memory alone: after a restart, or in another process, a session counts as new unless
 * its caller says when it began (docs/adr/0043).
 */
export class SessionMemory {
  #recent = new Map<string, Session>();
  #before = new Map<string, Session>();

  /** The session, which begins now when it is not known. */
  see(agentId: string, unit: string, nowMs: number): Session {
    const key = `${agentId} ${unit}`;
    let session = this.#recent.get(key);
    if (session === undefined) {
      session = this.#before.get(key) ?? { startedAtMs: nowMs, lastSeenAtMs: nowMs, servedBy: null };
      if (this.#recent.size >= mostRecent) {
        this.#before = this.#recent;
        this.#recent = new Map();
      }
      this.#recent.set(key, session);
    }
    if (nowMs - session.lastSeenAtMs > idleMs) {
      session.startedAtMs = nowMs;
      session.servedBy = null;
    }
    session.lastSeenAtMs = nowMs;
    return session;
  }
}
