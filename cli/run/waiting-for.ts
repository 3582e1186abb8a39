import type { SluiceClient } from '../../client/create-client.ts';
import type { Plan, PlannedVariant } from '../../schema/contracts/plan.ts';
import type { RunProgress } from '../../schema/contracts/result.ts';
import { formatDuration } from '../format/format-duration.ts';
import { approvalText } from './approval-text.ts';

const defaultTimeoutMs = 60_000;

/** What a run that goes on without finishing a trial waits for. */
export async function waitingFor(sluice: SluiceClient, progress: RunProgress): Promise<string> {
  if (progress.status === 'queued')
    return 'the run waits for a worker to take it (`sluice doctor` tells whether one runs)';
  if (progress.status === 'paused') return `it is paused; \`sluice run resume ${progress.id}\` goes on`;
  if (progress.status === 'awaiting_approval') {
    const { approval } = await sluice.runs.get.query({ id: progress.id });
    if (!approval) return 'it waits for an approval';
    return `the run ${approvalText(approval)}; \`sluice approval get ${progress.id}\` shows what is to be signed`;
  }
  if ((progress.scored ?? 0) < (progress.toScore ?? 0)) return 'all calls are made; judges are scoring the answers';
  if (progress.done >= progress.counts.planned) return 'all calls are made; the verdict is being computed';
  const { plan } = await sluice.runs.spec.query({ id: progress.id });
  return describeAgents(plan);
}

/** `waiting for answers of control (http://…) and candidate (http://…); a call may take 60 s`. */
export function describeAgents(plan: Plan): string {
  const agents = plan.variants.map((variant) => `${variant.name} (${place(variant)})`);
  const timeouts = plan.variants.map(({ config }) => config.timeoutMs ?? defaultTimeoutMs);
  return `waiting for answers of ${agents.slice(0, 4).join(' and ')}; a call may take ${formatDuration(Math.max(...timeouts))} (timeoutMs)`;
}

function place({ agent, config }: PlannedVariant): string {
  if (config.adapter === 'http') return config.url.replace(/\?.*$/, '');
  if (config.adapter === 'openai') return `${config.model} at ${config.baseUrl}`;
  if (config.adapter === 'exec') return config.command;
  return agent ? `${agent.name}@${agent.version}` : config.adapter;
}
