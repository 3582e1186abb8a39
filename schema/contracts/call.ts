import type { Json } from './json.ts';

/** Why a call gave no usable answer. `causedBy` decides how it counts (DESIGN §7 "Offline"). */
export const errorClasses = {
  /** 5xx after retries. */
  server_error: 'agent',
  /** 4xx other than 429. */
  client_error: 'agent',
  /** 429 after retries. */
  rate_limited: 'agent',
  timeout: 'agent',
  /** Not JSON, wrong shape, nothing at `outputPath`. */
  invalid_output: 'agent',
  /** Larger than maxResponseBytes. */
  too_large: 'agent',
  /** The connection broke in mid-answer. */
  connection_reset: 'agent',
  /** A function agent threw. */
  threw: 'agent',
  /** Nothing listens there, no such host: no call reached the agent. */
  unreachable: 'platform',
  /** The address is not allowed. */
  blocked: 'platform',
  /** A named secret or function that the worker does not have. */
  not_configured: 'platform',
  /** `replay`: the example has no recorded output at `path`. */
  no_recording: 'platform',
} as const satisfies Record<string, 'agent' | 'platform'>;
export type ErrorClass = keyof typeof errorClasses;

export interface AgentCall {
  input: Json;
  /** For `replay`, functions and few-shot rules: the example asked about. Never sent over HTTP. */
  example: { id: string; metadata: Record<string, Json>; clusterKey?: string };
  context: { runId: string; trialId: string; variant: string; repetition: number; shadow: boolean };
  /**
   * `http` and `exec` send `input` alone, without `context` around it, and the whole answer is the output: so are
   * evaluators asked.
   */
  bare?: boolean;
  /** W3C trace context header. */
  traceparent: string;
  /** Ends the call early, e.g. when the worker shuts down hard. */
  signal?: AbortSignal;
}

/** An answered example that a model is shown before the input (`prompt.fewShot`). */
export interface Shot {
  id: string;
  input: Json;
  expected: Json;
  clusterKey: string | null;
}

/** One step on the way to an answer: a model's turn, a tool call, a hand-over to another agent. */
export interface Step {
  /** Of a multi-agent system: who took it. */
  agent?: string;
  /** What was called in it. */
  tool?: { name: string; arguments?: Json; result?: Json; error?: string };
  /** What was said or decided in it; an answer that may be judged, where it is one. */
  output?: Json;
  inputTokens?: number;
  outputTokens?: number;
  costUsd?: number;
  latencyMs?: number;
  /** On the last step that was kept: how many came after it. */
  omitted?: number;
}

export interface AgentUsage {
  inputTokens?: number;
  outputTokens?: number;
  costUsd?: number;
}

export type AgentAnswer =
  | {
      ok: true;
      output: Json;
      /** How many, or each of them; the metric `steps` is their number. */
      steps?: number | Step[];
      usage?: AgentUsage;
      model?: string;
      /** `x-agent-revision`. */
      revision?: string;
      /** From sending to the last byte, without waiting for limits. */
      latencyMs: number;
    }
  | {
      ok: false;
      errorClass: ErrorClass;
      /** What, where, found, expected; at most 500 characters; never a secret. */
      message: string;
      /** May pass if tried again: 429, 5xx, reset, unreachable. */
      retryable: boolean;
      /** From Retry-After. */
      retryAfterMs?: number;
      /** What the failed call cost all the same, as far as it is known. */
      usage?: AgentUsage;
      latencyMs: number;
    };

/** An adapter to the thing under test. Safe for many calls at once. */
export interface Agent {
  call(call: AgentCall): Promise<AgentAnswer>;
  /**
   * Whether it can be reached at all, without calling it (a TCP connection for `http`, a look-up for `function`).
   * @returns null when it can, else a message and what to do. Answers within 2 seconds.
   */
  probe(): Promise<{ message: string; fix: string } | null>;
  /** Names the endpoint that limits apply to: scheme, host and port for `http`. */
  readonly endpoint: string;
  close(): Promise<void>;
}

export interface Judged {
  /** The metric's value, usually 0..1; null when the judge had nothing to say. */
  score: number | null;
  label?: string;
  explanation?: string;
  /** What the judgement cost, for judges that call something. */
  usage?: AgentUsage;
  /** More than the score says, e.g. the labels of each repetition. Small: it is stored with the score. */
  detail?: Record<string, Json>;
}

export interface EvaluatorInput {
  input: Json;
  output: Json;
  expected: Json | undefined;
  metadata: Record<string, Json>;
  /** Where the agent told them one by one. */
  steps?: Step[];
  /** For `pairwise`: what control answered on the same example and repetition; absent where it has no answer. */
  control?: { output: Json };
}

/** A judge of one output. Throws when it cannot judge: that becomes a missing score, never a zero. */
export interface Evaluator {
  readonly name: string;
  /** binary: only ever 0 or 1; count: a number of things, such as steps. */
  readonly kind: 'binary' | 'score' | 'count';
  evaluate(input: EvaluatorInput): Judged | Promise<Judged>;
  /** Whether it can judge at all; asked before any call is made. @returns null when it can, else a message and what to do. */
  probe?(): { message: string; fix: string } | null;
}

/** What `sluice.config.ts` may export as default. */
export interface FunctionRegistry {
  agents?: Record<
    string,
    (
      call: {
        input: Json;
        context: AgentCall['context'];
        parameters: Record<string, Json>;
        example: AgentCall['example'];
      },
      options: { signal: AbortSignal },
    ) => FunctionAnswer | Promise<FunctionAnswer>
  >;
  evaluators?: Record<
    string,
    (input: EvaluatorInput & { parameters: Record<string, Json> }) => FunctionJudgement | Promise<FunctionJudgement>
  >;
}

/** A function agent's answer: the same shape as an HTTP agent's. */
export interface FunctionAnswer {
  output: Json;
  steps?: number | Step[];
  usage?: AgentUsage;
  model?: string;
}

/** What a function evaluator may return: a boolean is 0 or 1. */
export type FunctionJudgement = boolean | number | null | Judged;
