import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { AgentConfig } from '../contracts/agent.ts';
import type { ApprovalAction, ApprovalState } from '../contracts/approval.ts';
import type { EvaluatorConfig } from '../contracts/evaluator.ts';
import type { GatePolicy } from '../contracts/gate.ts';
import type { Json } from '../contracts/json.ts';
import type { Plan, PlannedEvaluator } from '../contracts/plan.ts';
import type { PlanMeasurement } from '../contracts/plan-preview.ts';
import type { DetectableEffect, RunResult } from '../contracts/result.ts';
import type { RolloutLook } from '../contracts/rollout-look.ts';
import type { AttachedResult } from '../contracts/scoring.ts';
import type { ExperimentSpec } from '../contracts/spec.ts';
import type { TrafficSplit } from '../contracts/traffic.ts';
import type { Action, Role, RunKind, RunStatus, Verdict } from '../contracts/words.ts';
import type { SluiceErrorOptions } from '../errors.ts';

type Time = ColumnType<Date, Date | string | undefined, Date | string>;
type MaybeTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
/** jsonb that may hold any JSON, written as text. */
type AnyJson = ColumnType<Json, string, string>;
type MaybeJson = ColumnType<Json | null, string | null | undefined, string | null>;

export interface ProjectTable {
  id: string;
  name: string;
  created_at: Time;
}

export interface PersonTable {
  id: string;
  project_id: string;
  name: string;
  created_at: Time;
}

export interface ApiKeyTable {
  id: string;
  project_id: string;
  person_id: string | null;
  service_name: string | null;
  role: Role;
  secret_hash: Uint8Array;
  hint: string;
  created_at: Time;
  last_used_at: MaybeTime;
  revoked_at: MaybeTime;
}

export interface AgentTable {
  id: string;
  project_id: string;
  name: string;
  production_version: number | null;
  created_at: Time;
}

export interface AgentVersionTable {
  agent_id: string;
  version: number;
  content_hash: string;
  config: JSONColumnType<AgentConfig>;
  created_by: string;
  created_at: Time;
}

export interface DatasetTable {
  id: string;
  project_id: string;
  name: string;
  created_at: Time;
}

export interface DatasetVersionTable {
  id: string;
  dataset_id: string;
  version: number;
  example_count: number;
  splits: JSONColumnType<Record<string, number>>;
  /** Pairs of splits that may share no input and no clusterKey, each pair sorted. */
  disjoint: JSONColumnType<[string, string][], string | undefined, string>;
  content_hash: string;
  created_by: string;
  created_at: Time;
}

/** A movable name of a version, usable wherever a version stands: `support@approved`. */
export interface DatasetPinTable {
  dataset_id: string;
  label: string;
  version: number;
  moved_by: string;
  moved_at: Time;
}

export interface ExampleRevisionTable {
  id: Generated<string>;
  dataset_id: string;
  example_id: string;
  content_hash: string;
  input: AnyJson;
  expected: MaybeJson;
  metadata: JSONColumnType<Record<string, Json>>;
  cluster_key: string | null;
  source_trace_id: string | null;
}

export interface DatasetMemberTable {
  dataset_version_id: string;
  ordinal: number;
  example_revision_id: string;
  splits: string[];
}

export interface DatasetPushTable {
  id: string;
  project_id: string;
  dataset_name: string;
  /** The version it became, so that finishing it again gives the same answer. */
  finished_version_id: string | null;
  created_by: string;
  created_at: Time;
}

export interface DatasetPushRowTable {
  push_id: string;
  ordinal: number;
  example_id: string | null;
  content_hash: string;
  input: AnyJson;
  expected: MaybeJson;
  metadata: JSONColumnType<Record<string, Json>>;
  cluster_key: string | null;
  source_trace_id: string | null;
  splits: string[];
}

export interface AttachmentTable {
  project_id: string;
  sha256: string;
  media_type: string;
  size_bytes: ColumnType<number, number, number>;
  /** null = the bytes are in the object store. */
  content: Uint8Array | null;
  created_at: Time;
}

export interface EvaluatorVersionTable {
  id: string;
  project_id: string;
  name: string;
  version: number;
  content_hash: string;
  config: JSONColumnType<EvaluatorConfig>;
  /** Who pushed it, or first declared it in a spec; null where that was not kept. */
  created_by: string | null;
  created_at: Time;
}

export interface MetricTable {
  project_id: string;
  name: string;
  definition: AnyJson;
  created_at: Time;
}

export interface GateVersionTable {
  project_id: string;
  name: string;
  version: number;
  content_hash: string;
  policy: JSONColumnType<GatePolicy>;
  created_by: string;
  created_at: Time;
}

export interface RunTable {
  id: string;
  project_id: string;
  kind: RunKind;
  name: string;
  status: RunStatus;
  /** Grows with every change of status, so that a late retry cannot move a run backwards. */
  seq: Generated<number>;
  /** What the last command asked for. */
  intent: Generated<'run' | 'pause' | 'abort'>;
  /** As sent. */
  spec: JSONColumnType<ExperimentSpec>;
  spec_hash: string;
  /** Resolved and frozen at start. */
  plan: JSONColumnType<Plan>;
  plan_hash: string;
  idempotency_key: string | null;
  requested_by: string;
  /** Trials planned; null until the plan is frozen. */
  planned: number | null;
  error: JSONColumnType<{ message: string; fix?: string } | null>;
  result: JSONColumnType<RunResult | null>;
  /** What the run can show, stated at its launch; null before. */
  detectable_effects: JSONColumnType<DetectableEffect[] | null, string | null | undefined, string | null>;
  /** The cap in force where it was raised; null = the plan's. */
  budget_cap_usd: number | null;
  budget_raised_by: string | null;
  budget_raised_at: MaybeTime;
  /** How often the run went on after it had ended. */
  reopened: Generated<number>;
  /** Time it lay ended before it went on. */
  idle_ms: Generated<number>;
  /** The run whose spec this one took. */
  rerun_of: string | null;
  created_at: Time;
  started_at: MaybeTime;
  finished_at: MaybeTime;
}

export interface PlanExampleTable {
  run_id: string;
  ordinal: number;
  example_id: string;
  example_revision_id: string;
  cluster_key: string | null;
  splits: string[];
}

export interface ShardTable {
  run_id: string;
  shard: number;
  /** Trials [from_trial, to_trial) in plan order. */
  from_trial: number;
  to_trial: number;
  /** Grows with every attempt; a commit of an older attempt is told to stop. */
  fence: Generated<number>;
  lanes: Generated<number>;
  finished: Generated<boolean>;
  succeeded: Generated<number>;
  failed: Generated<number>;
  missing: Generated<number>;
  /** Calls after a trial's first. */
  retried_calls: Generated<number>;
  /** Calls that may have been in flight when an attempt was cut off. */
  interrupted_calls: Generated<number>;
  cost_usd: Generated<number>;
  /** Succeeded trials that took an earlier answer. */
  cached: Generated<number>;
}

export interface TrialTable {
  id: string;
  run_id: string;
  variant: string;
  example_id: string;
  repetition: number;
  /** The example's place in the plan. */
  ordinal: number;
  status: 'succeeded' | 'failed';
  error_class: string | null;
  caused_by: 'agent' | 'platform' | null;
  error_message: string | null;
  attempts: number;
  latency_ms: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  steps: number | null;
  output: MaybeJson;
  output_hash: string | null;
  model: string | null;
  revision: string | null;
  trace_id: string;
  /** The steps one by one, where the agent told them. */
  trajectory: MaybeJson;
  /** The answer of an earlier trial: no call was made, and there is no latency. */
  cached: Generated<boolean>;
  finished_at: Time;
}

export interface ScoreTable {
  /** A trial's id (or, later, a trace's or span's). */
  subject_id: string;
  evaluator_version_id: string;
  identifier: Generated<string>;
  name: string;
  score: number | null;
  label: string | null;
  explanation: string | null;
  annotator_kind: 'CODE' | 'LLM' | 'HUMAN';
  /** Why there is no score. */
  error: string | null;
  /** What judging cost, where it cost something. */
  cost_usd: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  /** More than the score says, e.g. the labels of each repetition. */
  detail: MaybeJson;
  created_at: Time;
}

/** A trial that failed and was made again. */
export interface SupersededTrialTable extends Omit<TrialTable, 'cached'> {
  number: Generated<string>;
  cached: boolean;
  superseded_at: Time;
  superseded_by: string;
}

/** An error of a judge that was asked again. */
export interface SupersededScoreTable {
  number: Generated<string>;
  subject_id: string;
  evaluator_version_id: string;
  identifier: string;
  name: string;
  error: string;
  /** What the judgement that broke had cost. */
  cost_usd: number | null;
  created_at: Time;
  superseded_at: Time;
  superseded_by: string;
}

/** Where the answer to a call stands that need not be made again. */
export interface CachedAnswerTable {
  project_id: string;
  key: string;
  run_id: string;
  variant: string;
  example_id: string;
  repetition: number;
  created_at: Time;
}

export interface ScoringTable {
  id: string;
  run_id: string;
  /** plan: the run's own judges that call something; attached: evaluators added to a run that has ended. */
  kind: 'plan' | 'attached';
  evaluators: JSONColumnType<PlannedEvaluator[]>;
  status: 'waiting' | 'running' | 'completed' | 'failed';
  idempotency_key: string | null;
  requested_by: string;
  error: JSONColumnType<{ message: string; fix?: string } | null, string | null | undefined, string | null>;
  /** What attached evaluators measured; null before, and for a run's own. */
  result: JSONColumnType<AttachedResult | null, string | null | undefined, string | null>;
  created_at: Time;
  finished_at: MaybeTime;
}

export interface ScoreShardTable {
  scoring_id: string;
  shard: number;
  /** Examples [from_ordinal, to_ordinal) of the plan. */
  from_ordinal: number;
  to_ordinal: number;
  /** Grows with every attempt; a commit of an older attempt is told to stop. */
  fence: Generated<number>;
  lanes: Generated<number>;
  finished: Generated<boolean>;
  /** Scores in all: one for each answer and evaluator. */
  to_score: Generated<number>;
  /** Score rows stored, those with an error among them. */
  scored: Generated<number>;
  errors: Generated<number>;
  cost_usd: Generated<number>;
}

export interface JudgementCacheTable {
  project_id: string;
  /** SHA-256 of the judge and of everything it saw. */
  key: string;
  score: number | null;
  label: string | null;
  explanation: string | null;
  detail: MaybeJson;
  created_at: Time;
}

export interface ConfirmationTable {
  id: string;
  run_id: string;
  variant: string;
  example_id: string;
  /** Beyond the planned ones. */
  repetition: number;
  /** Calls that reached the agent, or may have when an attempt was cut off. */
  calls: Generated<number>;
  /** null while it is under way. */
  status: 'succeeded' | 'failed' | null;
  error_class: string | null;
  caused_by: 'agent' | 'platform' | null;
  error_message: string | null;
  latency_ms: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  steps: number | null;
  output: MaybeJson;
  scores: JSONColumnType<Record<string, number | null> | null, string | null | undefined, string | null>;
  model: string | null;
  revision: string | null;
  trace_id: string | null;
  started_at: Time;
  finished_at: MaybeTime;
}

export interface EvidenceTable {
  id: string;
  run_id: string;
  hash: string;
  content: AnyJson;
  created_at: Time;
}

export interface DecisionTable {
  id: string;
  run_id: string;
  evidence_id: string;
  verdict: Verdict;
  action: Action;
  policy: AnyJson;
  plan_hash: string;
  statistics_version: string;
  created_at: Time;
}

/** Never changed after it was asked, but for its end. */
export interface ApprovalRequestTable {
  id: string;
  project_id: string;
  run_id: string;
  action: ApprovalAction;
  /** Counted from 1; null unless a stage is to be entered. */
  stage: number | null;
  evidence_id: string;
  plan_hash: string;
  /** Persons that must approve. */
  quorum: number;
  /** What the decision will say; null where there is no verdict yet. */
  verdict: Verdict | null;
  policy: AnyJson;
  statistics_version: string;
  state: Generated<ApprovalState>;
  /** Why it ended so. */
  reason: string | null;
  created_at: Time;
  /** On database time. */
  expires_at: ColumnType<Date, Date | string, never>;
  decided_at: MaybeTime;
}

export interface ApprovalTable {
  id: Generated<string>;
  request_id: string;
  /** The key it was given with. Revoked, it does not count any more. */
  key_id: string;
  run_id: string;
  person_id: string;
  evidence_id: string;
  plan_hash: string;
  answer: 'approve' | 'reject';
  reason: string | null;
  created_at: Time;
}

export interface AnnotationTable {
  project_id: string;
  run_id: string;
  /** A trial's id. */
  subject_id: string;
  name: string;
  person_id: string;
  /** The highest is what the person says now. */
  revision: number;
  example_revision_id: string;
  label: string | null;
  score: number | null;
  explanation: string | null;
  created_at: Time;
}

export interface AuditEventTable {
  project_id: string;
  number: string;
  at: Time;
  actor: string;
  verb: string;
  subject: string;
  detail: AnyJson;
  previous_hash: Uint8Array;
  hash: Uint8Array;
}

/** The last event of a project's chain, so that a tail that was cut off is missed. */
export interface AuditHeadTable {
  project_id: string;
  number: string;
  /** null in a chain that is older than heads, until its next event. */
  hash: Uint8Array | null;
  mac: Uint8Array | null;
}

export interface OutboxTable {
  id: Generated<string>;
  topic: string;
  payload: AnyJson;
  created_at: Time;
  due_at: Time;
  tries: Generated<number>;
  last_error: string | null;
  done_at: MaybeTime;
}

export interface EndpointLimitTable {
  endpoint: string;
  tokens: Generated<number>;
  refilled_at: Time;
  blocked_until: MaybeTime;
}

export interface EndpointLeaseTable {
  endpoint: string;
  worker: string;
  permits: number;
  expires_at: Time;
}

/** What a worker says to a question of `sluice plan`. */
export type PreviewAnswer = { ok: true; measurement: PlanMeasurement } | { ok: false; error: SluiceErrorOptions };

export interface PlanPreviewTable {
  id: string;
  project_id: string;
  name: string;
  plan: JSONColumnType<Plan>;
  /** By metric. */
  declared_effects: JSONColumnType<Record<string, number>>;
  answer: JSONColumnType<PreviewAnswer | null, string | null | undefined, string | null>;
  created_at: Time;
}

export interface TrafficTable {
  agent_id: string;
  project_id: string;
  /** Grows with every change of the split. */
  revision: number;
  split: JSONColumnType<TrafficSplit>;
  run_id: string | null;
  stage: number | null;
  stratum: number | null;
  /** Past it all units get control; null where nothing is drawn. */
  lease_until: MaybeTime;
  changed_at: Time;
}

export interface TrafficRevisionTable {
  agent_id: string;
  revision: number;
  split: JSONColumnType<TrafficSplit>;
  run_id: string | null;
  stage: number | null;
  stratum: number | null;
  changed_at: Time;
}

export interface StratumTable {
  run_id: string;
  stratum: number;
  stage: number;
  seed: string;
  /** By variant. */
  shares: JSONColumnType<Record<string, number>>;
  /** By metric: h, scaled. */
  anchors: JSONColumnType<Record<string, number>>;
  opened_at: Time;
  closed_at: MaybeTime;
}

export interface ExposureTable {
  run_id: string;
  /** 0, or the stage where units are drawn anew in each. */
  draw: number;
  unit: string;
  variant: string;
  stratum: number;
  revision: number;
  at: Time;
  received_at: Time;
}

export interface OutcomeTable {
  agent_id: string;
  unit: string;
  metric: string;
  identifier: string;
  revision: number;
  value: number;
  at: Time;
  received_at: Time;
  source: Generated<'outcome' | 'feedback'>;
}

/** What somebody said beside a score; the score is an outcome. */
export interface FeedbackCommentTable {
  agent_id: string;
  unit: string;
  metric: string;
  identifier: string;
  trace_id: string | null;
  label: string | null;
  comment: string | null;
  given_by: string;
  at: Generated<Date>;
}

export interface UnitMetricTable {
  run_id: string;
  draw: number;
  unit: string;
  metric: string;
  variant: string;
  stratum: number;
  /** Own unit of the metric. */
  value: number;
  /** 0 to 100: the scaled value, up is good. */
  bin: number;
  state: 'provisional' | 'final';
  closes_at: Time;
  /** No value came: it is what the metric declares for silence. */
  silent: Generated<boolean>;
  revision: Generated<number>;
}

/** Final units by bin; `slot` spreads the writers of one count. */
export interface MetricCountTable {
  run_id: string;
  stratum: number;
  variant: string;
  metric: string;
  bin: number;
  slot: number;
  count: number;
}

export interface RolloutStateTable {
  run_id: string;
  agent_id: string;
  phase: Generated<'requested' | 'stage' | 'watch' | 'ended'>;
  /** Grows with every change, so that two looks cannot both act on one state. */
  seq: Generated<number>;
  /** Position of the stage that runs, or is to be entered. */
  stage: Generated<number>;
  /** The open one. */
  stratum: number | null;
  entered_at: MaybeTime;
  /** Paused or frozen since the stage was entered. */
  idle_ms: Generated<number>;
  idle_since: MaybeTime;
  extended_ms: Generated<number>;
  disturbed: Generated<boolean>;
  /** What a person ordered, until it is done. */
  command: 'advance' | 'skip' | null;
  /** Why a person must act. */
  hold: string | null;
  srm_since: MaybeTime;
  dropped_exposures: Generated<number>;
  /** What judges of live answers cost so far. */
  judged_cost_usd: Generated<number>;
  latest_look: JSONColumnType<RolloutLook | null, string | null | undefined, string | null>;
  /** What was told of benefit at the planned end, once. */
  goals: JSONColumnType<RolloutLook['goals'] | null, string | null | undefined, string | null>;
  /** Who ordered the command, and why. */
  command_note: string | null;
  /** An approved request that lapsed before it was used. */
  voided_request: string | null;
  /** The candidate that is in production, while it is watched. */
  promoted: string | null;
  /** From the last value that was counted to the traffic change. */
  rollback_ms: number | null;
}

export interface WebhookEndpointTable {
  id: string;
  project_id: string;
  url: string;
  /** null = all. */
  events: string[] | null;
  /** Encrypted: api/webhooks/secret-box.ts. */
  secret_box: Buffer;
  created_by: string;
  created_at: Time;
  deleted_at: MaybeTime;
}

export interface WebhookDeliveryTable {
  /** The webhook-id of every attempt. */
  id: string;
  endpoint_id: string;
  event: string;
  body: AnyJson;
  /** A request for approval; when it has ended there is nothing to tell any more. */
  only_while_open: string | null;
  created_at: Time;
  due_at: Time;
  tries: Generated<number>;
  last_error: string | null;
  done_at: MaybeTime;
  state: Generated<'waiting' | 'delivered' | 'needless' | 'given_up'>;
}

export interface FreezeWindowTable {
  id: string;
  project_id: string;
  from_at: Time;
  to_at: MaybeTime;
  reason: string;
  created_by: string;
  created_at: Time;
  ended_at: MaybeTime;
}

export interface ShadowCountTable {
  run_id: string;
  stage: number;
  variant: string;
  metric: string;
  /** Bin of the candidate - bin of control. */
  difference: number;
  slot: number;
  count: number;
}

export interface AgentCallTable {
  id: string;
  project_id: string;
  agent_id: string;
  run_id: string | null;
  /** What the unit was assigned, also when control answered in its place. */
  variant: string;
  version: number;
  revision: number;
  unit: string | null;
  trace_id: string;
  shadow: Generated<boolean>;
  fell_back: Generated<boolean>;
  status: 'succeeded' | 'failed';
  error_class: string | null;
  latency_ms: number | null;
  first_token_ms: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cost_usd: number | null;
  steps: number | null;
  at: Time;
  /** Of the exposure that it belongs to; null where the unit was not drawn. */
  draw: number | null;
}

export interface SilenceMarkTable {
  run_id: string;
  metric: string;
  silent_until: Time;
}

export interface MetricFreshnessTable {
  run_id: string;
  metric: string;
  last_value_at: Time;
  /** How often the metric's evaluator was asked, and failed; of about the last 200 times. */
  asked: Generated<number>;
  failed: Generated<number>;
}

export interface ZeroToleranceEventTable {
  run_id: string;
  draw: number;
  unit: string;
  metric: string;
  variant: string;
  seen_at: Time;
  /** A second judgement or a person. */
  confirmed_by: string | null;
  refuted_by: string | null;
  /** What the person who decided it said. */
  reason: Generated<string | null>;
  /** Own unit of the metric. */
  value: Generated<number | null>;
}

/** Units whose first pair of a shadow stage was counted. */
export interface ShadowUnitTable {
  run_id: string;
  stage: number;
  unit: string;
}

/** An answer that evaluators are to judge: of a unit's first call, or beside it in a shadow stage. */
export interface LiveAnswerTable {
  run_id: string;
  kind: 'live' | 'shadow';
  /** Of the exposure; the stage for shadow pairs. */
  draw: number;
  unit: string;
  variant: string;
  trace_id: string;
  failed: boolean;
  input: MaybeJson;
  output: MaybeJson;
  control_failed: boolean | null;
  control_output: MaybeJson;
  at: Time;
  received_at: Generated<Date>;
}

/** What an evaluator said of a live answer, or is to say. */
export interface LiveJudgementTable {
  run_id: string;
  kind: 'live' | 'shadow';
  draw: number;
  unit: string;
  metric: string;
  state: Generated<'waiting' | 'scored' | 'failed'>;
  attempts: Generated<number>;
  due_at: Generated<Date>;
  score: Generated<number | null>;
  control_score: Generated<number | null>;
  cost_usd: Generated<number>;
  message: Generated<string | null>;
}

export interface ExposureCountTable {
  run_id: string;
  stratum: number;
  variant: string;
  slot: number;
  count: number;
}

export interface ProductionChangeTable {
  id: Generated<number>;
  agent_id: string;
  version: number;
  previous: number | null;
  at: Time;
}

/** Every table, by its name in Postgres. */
export interface Database {
  project: ProjectTable;
  person: PersonTable;
  api_key: ApiKeyTable;
  agent: AgentTable;
  agent_version: AgentVersionTable;
  dataset: DatasetTable;
  dataset_version: DatasetVersionTable;
  example_revision: ExampleRevisionTable;
  dataset_member: DatasetMemberTable;
  dataset_pin: DatasetPinTable;
  dataset_push: DatasetPushTable;
  dataset_push_row: DatasetPushRowTable;
  attachment: AttachmentTable;
  evaluator_version: EvaluatorVersionTable;
  metric: MetricTable;
  gate_version: GateVersionTable;
  run: RunTable;
  plan_example: PlanExampleTable;
  shard: ShardTable;
  trial: TrialTable;
  score: ScoreTable;
  superseded_trial: SupersededTrialTable;
  superseded_score: SupersededScoreTable;
  cached_answer: CachedAnswerTable;
  confirmation: ConfirmationTable;
  scoring: ScoringTable;
  score_shard: ScoreShardTable;
  judgement_cache: JudgementCacheTable;
  plan_preview: PlanPreviewTable;
  evidence: EvidenceTable;
  decision: DecisionTable;
  approval_request: ApprovalRequestTable;
  approval: ApprovalTable;
  annotation: AnnotationTable;
  audit_event: AuditEventTable;
  audit_head: AuditHeadTable;
  outbox: OutboxTable;
  endpoint_limit: EndpointLimitTable;
  endpoint_lease: EndpointLeaseTable;
  traffic: TrafficTable;
  traffic_revision: TrafficRevisionTable;
  stratum: StratumTable;
  exposure: ExposureTable;
  outcome: OutcomeTable;
  unit_metric: UnitMetricTable;
  feedback_comment: FeedbackCommentTable;
  shadow_unit: ShadowUnitTable;
  live_answer: LiveAnswerTable;
  live_judgement: LiveJudgementTable;
  metric_count: MetricCountTable;
  exposure_count: ExposureCountTable;
  rollout_state: RolloutStateTable;
  webhook_delivery: WebhookDeliveryTable;
  webhook_endpoint: WebhookEndpointTable;
  freeze_window: FreezeWindowTable;
  shadow_count: ShadowCountTable;
  zero_tolerance_event: ZeroToleranceEventTable;
  metric_freshness: MetricFreshnessTable;
  silence_mark: SilenceMarkTable;
  agent_call: AgentCallTable;
  production_change: ProductionChangeTable;
}
