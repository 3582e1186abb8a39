import type { Command } from 'commander';

/** One command: what `--help` says of it, and where it is. Only the module of the command asked for is loaded. */
export interface CommandEntry {
  readonly description: string;
  readonly load: () => Promise<{ register: (program: Command) => void }>;
}

/** Every command, in the order `--help` shows. A new command is a line here and a file in `commands/`. */
export const commandTable: Readonly<Record<string, CommandEntry>> = {
  init: {
    description: 'write a small project that runs as it is: an agent, data, an experiment',
    load: () => import('./commands/init.ts'),
  },
  up: {
    description: 'start Postgres, Temporal, worker and API on this machine, and keep them running',
    load: () => import('./commands/up.ts'),
  },
  down: {
    description: 'stop what `sluice up` started in a data directory',
    load: () => import('./commands/down.ts'),
  },
  doctor: {
    description: 'say what is there, what is missing and how to get it',
    load: () => import('./commands/doctor.ts'),
  },
  demo: {
    description: 'run the whole path on a built-in example, from data to verdict',
    load: () => import('./commands/demo.ts'),
  },
  dataset: {
    description: 'push and list versioned examples',
    load: () => import('./commands/dataset.ts'),
  },
  agent: {
    description: 'push and list versions of the things under test',
    load: () => import('./commands/agent.ts'),
  },
  evaluator: {
    description: 'push and list versions of the judges of outputs',
    load: () => import('./commands/evaluator.ts'),
  },
  plan: {
    description: 'what an experiment would call, cost and be able to show, with a sample; starts nothing',
    load: () => import('./commands/plan.ts'),
  },
  run: {
    description: 'start, watch, read and steer runs',
    load: () => import('./commands/run.ts'),
  },
  rollback: {
    description: 'take an agent back to its version before, at once and without analysis',
    load: () => import('./commands/rollback.ts'),
  },
  freeze: {
    description: 'stretches of time in which no rollout advances',
    load: () => import('./commands/freeze.ts'),
  },
  'emergency-stop': {
    description: 'end every rollout, return all units to control, freeze the project',
    load: () => import('./commands/emergency-stop.ts'),
  },
  gate: {
    description: 'store criteria, and exit by the verdict of a run',
    load: () => import('./commands/gate.ts'),
  },
  annotation: {
    description: "people's labels: sheets to fill in, and how far judges agree with them",
    load: () => import('./commands/annotation.ts'),
  },
  approval: {
    description: 'what waits for persons: the change, the evidence, who may sign',
    load: () => import('./commands/approval.ts'),
  },
  audit: {
    description: 'who did what, and whether the log is whole',
    load: () => import('./commands/audit.ts'),
  },
  key: {
    description: 'make, list and revoke API keys',
    load: () => import('./commands/key.ts'),
  },
  webhook: {
    description: 'who is told of approvals, roll-backs and promotions, by signed POSTs',
    load: () => import('./commands/webhook.ts'),
  },
  worker: {
    description: 'run a worker (production; `up` does it on one machine)',
    load: () => import('./commands/worker.ts'),
  },
  api: {
    description: 'serve the API (production; `up` does it on one machine)',
    load: () => import('./commands/api.ts'),
  },
  migrate: {
    description: 'bring the database named by DATABASE_URL up to date',
    load: () => import('./commands/migrate.ts'),
  },
};
