import { setTimeout as delay } from 'node:timers/promises';
import { type ChildSpec, fingerprintOf } from './child-spec.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import type { Reporter } from './reporter.ts';
import { stopProcess } from './stop-process.ts';
import { stopOrder, stopRules } from './stop-rules.ts';
import { type SupervisedChild, superviseChild } from './supervise-child.ts';
import type { ChildState } from './supervisor-state.ts';

const adoptionMs = 5_000;

export interface Supervisor {
  /** Adopts the orphan of that name if it is the same program and healthy, else starts a new one; resolves when ready. */
  run(spec: ChildSpec, interrupted: AbortSignal): Promise<'adopted' | 'started'>;
  /** The orphan of that name, if it still lives. */
  orphan(name: string): ChildState | undefined;
  /** Ends the orphans that nobody adopted. */
  endOrphans(): Promise<void>;
  /** What the next supervisor has to know. */
  states(): ChildState[];
  children(): readonly SupervisedChild[];
  /** Ends every child, those first that need others. */
  stop(hurry: AbortSignal): Promise<void>;
}

export interface SupervisorOptions {
  readonly dataDir: string;
  /** What an earlier supervisor left behind. */
  readonly orphans: readonly ChildState[];
  /** A pid changed; `states()` and `children()` tell. */
  readonly onChange: () => void;
  readonly report: Reporter;
}

/** Keeps children alive and knows which orphans of an earlier supervisor are whose. */
export function createSupervisor({ dataDir, orphans, onChange, report }: SupervisorOptions): Supervisor {
  const children: SupervisedChild[] = [];
  const waiting = new Map(orphans.filter(isAlive).map((orphan) => [orphan.name, orphan]));

  const adoptable = async (spec: ChildSpec): Promise<ProcessIdentity | undefined> => {
    const orphan = waiting.get(spec.name);
    if (!orphan) return undefined;
    if (orphan.fingerprint === fingerprintOf(spec) && (await answers(orphan, spec.isHealthy ?? spec.isReady)))
      return orphan;
    report.line(`${spec.name} (pid ${orphan.pid}) was left by an earlier start and is not of use: replacing it`);
    await stopProcess(orphan, spec.stop);
    waiting.delete(spec.name);
    return undefined;
  };

  const states = (): ChildState[] => {
    const own = children.flatMap((child) => {
      const identity = child.identity();
      const { name, role, port } = child.spec;
      return identity ? [{ name, role, port, ...pick(identity), fingerprint: fingerprintOf(child.spec) }] : [];
    });
    const names = new Set(own.map((state) => state.name));
    return [...own, ...[...waiting.values()].filter((orphan) => !names.has(orphan.name))];
  };

  return {
    children: () => children,
    states,
    orphan: (name) => {
      const orphan = waiting.get(name);
      return orphan && isAlive(orphan) ? orphan : undefined;
    },
    run: async (spec, interrupted) => {
      const adopt = await adoptable(spec);
      interrupted.throwIfAborted();
      const child = superviseChild({ spec, dataDir, adopt, onChange, onEvent: report.line });
      children.push(child);
      waiting.delete(spec.name);
      onChange();
      await child.whenReady(interrupted);
      return adopt ? 'adopted' : 'started';
    },
    endOrphans: async () => {
      await Promise.all([...waiting.values()].map((orphan) => stopProcess(orphan, stopRules[orphan.role])));
      waiting.clear();
      onChange();
    },
    stop: async (hurry) => {
      for (const roles of stopOrder) {
        const ending = children.filter((child) => roles.includes(child.spec.role));
        await Promise.all(
          ending.map(async (child) => {
            await child.stop(hurry);
            report.line(`${child.spec.name} stopped`);
          }),
        );
        const left = [...waiting.values()].filter((orphan) => roles.includes(orphan.role));
        await Promise.all(left.map((orphan) => stopProcess(orphan, stopRules[orphan.role], hurry)));
      }
    },
  };
}

const pick = ({ pid, startedAt }: ProcessIdentity) => ({ pid, startedAt });

async function answers(process: ProcessIdentity, isHealthy: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + adoptionMs;
  while (isAlive(process) && Date.now() < deadline) {
    if (await isHealthy()) return true;
    await delay(50);
  }
  return false;
}
