import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, type ProcessIdentity, signalProcess } from './process-identity.ts';

/** How a child is asked to end, how long it may take, and how it is made to. */
export interface StopRule {
  readonly signal: NodeJS.Signals;
  readonly graceMs: number;
  readonly forceSignal: NodeJS.Signals;
}

/** Waits until the process is gone; false when it is not within `timeoutMs`, or as soon as `hurry` fires. */
export async function waitForEnd(process: ProcessIdentity, timeoutMs: number, hurry?: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(process)) {
    if (Date.now() >= deadline || hurry?.aborted) return false;
    await delay(20);
  }
  return true;
}

/**
 * Ends one process by its identity, gently and then by force. Never touches another process that has the pid by now.
 *
 * @param hurry when it fires, the grace is over at once
 */
export async function stopProcess(
  process: ProcessIdentity,
  rule: StopRule,
  hurry?: AbortSignal,
): Promise<'gone' | 'stopped' | 'forced'> {
  if (!signalProcess(process, rule.signal)) return 'gone';
  if (await waitForEnd(process, rule.graceMs, hurry)) return 'stopped';
  signalProcess(process, rule.forceSignal);
  if (await waitForEnd(process, 3_000)) return 'forced';
  // Also what it started itself (an exec agent): it leads a group of its own.
  signalProcess(process, 'SIGKILL', true);
  await waitForEnd(process, 5_000);
  return 'forced';
}
