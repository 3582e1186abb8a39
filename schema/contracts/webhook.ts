/** What webhooks tell of. */
export const webhookEvents = [
  'experiment.approval_requested',
  'rollout.approval_requested',
  'approval.escalated',
  'rollout.stage_entered',
  'rollout.held',
  'rollout.sample_ratio_broken',
  'rollout.rolled_back',
  'rollout.promoted',
] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** The body of a webhook, the same at every attempt. */
export interface WebhookBody {
  type: WebhookEvent;
  /** When it happened. */
  timestamp: string;
  data: {
    runId: string;
    name: string;
    /** One sentence for a person. */
    sentence: string;
    /** Of the run's page. */
    url: string;
    /** Of approvals: where to say yes and no, and the commands that do. */
    approve?: string;
    reject?: string;
    commands?: { approve: string; reject: string };
    /** Who is to be told, of an escalation. */
    escalateTo?: string;
    requestId?: string;
    /** Of what is to be signed. */
    evidenceHash?: string;
    expiresAt?: string;
    agent?: string;
    /** Counted from 1. */
    stage?: number;
    /** Of units that get a candidate. */
    share?: number;
    version?: number;
    rollbackMs?: number;
  };
}

/** Where webhooks go. */
export interface WebhookEndpoint {
  id: string;
  url: string;
  /** null = all. */
  events: WebhookEvent[] | null;
  createdBy: string;
  createdAt: string;
  /** The newest delivery that was tried: how it went. */
  lastDelivery: {
    event: string;
    state: 'waiting' | 'delivered' | 'needless' | 'given_up';
    tries: number;
    error: string | null;
  } | null;
}
