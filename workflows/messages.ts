/**
 * What the API and the workflows both know: names of workflows, their ids, queue and signals. No imports, so that
 * both sides may load it.
 */

/** Wakes a run's workflow: a command on it was committed. What the command was stands in Postgres. */
export const commandSignalName = 'command';

export const taskQueue = 'sluice';

export const workflowNames = {
  experiment: 'experiment',
  plan: 'plan',
  rollout: 'rollout',
  scoring: 'scoring',
} as const;

/** The workflow id of a run, of a question about a plan, or of a scoring; none ever has two. */
export function workflowIdOf(kind: keyof typeof workflowNames, id: string): string {
  return `${{ experiment: 'exp', plan: 'plan', rollout: 'rollout', scoring: 'score' }[kind]}/${id}`;
}
