import { randomUUID } from 'node:crypto';
import { failedAnswer } from '../../agents/failed-answer.ts';
import type { FailedPass } from '../../agents/pass-completions.ts';
import { hashUnit } from '../../assignment/hash-unit.ts';
import type { Attributes } from '../../assignment/meets-conditions.ts';
import type { AgentCall } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { DataPlane } from '../data-plane/create-data-plane.ts';
import { assign, isLeased, type LiveAgent } from '../data-plane/live-agent.ts';
import type { CallContent, CallRecorder } from './call-recorder.ts';
import type { Facts, Reply } from './reply.ts';
import type { ServedVersion, ServedVersions } from './served-version.ts';
import { SessionMemory } from './session-memory.ts';
import { withoutMedia } from './without-media.ts';

/** What is sent with a call beside its input. */
export interface CallContext {
  context: AgentCall['context'];
  traceparent: string;
  signal: AbortSignal | undefined;
}

/** A user's call of an agent. */
export interface GatewayCall {
  projectId: string;
  agent: string;
  /** null: nothing is drawn. */
  unit: string | null;
  /** When the unit's session began, where the caller says so; ms since 1970. */
  sessionStartedAtMs: number | undefined;
  attributes: Attributes | undefined;
  /** W3C header as it came, if any. */
  traceparent: string | undefined;
  /** Ends the call: its user has gone. */
  signal: AbortSignal;
  /** Asks one version. Rejects only with the reason of the signal. */
  ask(served: ServedVersion, call: CallContext): Promise<Reply>;
  /** For evaluators of sampled units. */
  input(): Json;
  /** About how large it is. */
  inputBytes: number;
}

/** A user's call that was answered, or not. */
export interface ServedCall {
  reply: Reply;
  /** Who answered: control after a fallback. */
  variant: string;
  version: number;
  /** What the unit was assigned. */
  assigned: string;
  fellBack: boolean;
  /** The failure is final, and trying again would call the agent twice. */
  mayNotRepeat: boolean;
  traceId: string;
  /** To be called once, when the answer was sent or will not be. */
  finished(end: CallEnd): void;
}

export interface CallEnd {
  /** null = it went well. `abandoned`: the user went away before it began. */
  errorClass: string | null;
  firstTokenMs?: number | null;
  facts?: Facts;
}

/** Shadow calls at one time; what comes beyond is left out. */
const mostShadows = 64;

interface Placed {
  variant: string;
  version: number;
  /** Position in the split; -1 for a session that is drained. */
  position: number;
  revision: number;
  runId: string | null;
  randomised: boolean;
}

/**
 * The gateway: assigns, records the exposure, calls, falls back to control, records the call, and lets candidates of shadow stages
 * answer unseen. All it needs to know is in memory; it writes behind the answers.
 */
export function createGateway(options: { dataPlane: DataPlane; versions: ServedVersions; calls: CallRecorder }) {
  const { dataPlane, versions, calls } = options;
  const sessions = new SessionMemory();
  const stopping = new AbortController();
  let shadows = 0;

  /** Which variant answers the unit, its exposure recorded. */
  function place(live: LiveAgent, { unit, sessionStartedAtMs, attributes }: GatewayCall): Placed {
    const { split } = live;
    const position = (variant: string) => split.variants.findIndex(({ name }) => name === variant);
    if (unit === null) {
      const fallback = split.variants[split.fallback] as { name: string; version: number };
      return {
        variant: fallback.name,
        version: fallback.version,
        position: split.fallback,
        revision: split.revision,
        runId: split.runId,
        randomised: false,
      };
    }
    const session = split.unit === 'session' ? sessions.see(live.agentId, unit, Date.now()) : null;
    const drained = session?.servedBy ?? null;
    if (session !== null && drained !== null && drained.runId !== split.runId) {
      const isServed = split.variants.some(({ version }) => version === drained.version);
      if (split.sessions === 'drain' && !isServed && isLeased(live)) {
        return { ...drained, runId: null, position: -1, randomised: false };
      }
      session.servedBy = null;
    }
    const assignment = assign(live, unit, {
      attributes,
      sessionStartedAtMs: sessionStartedAtMs ?? session?.startedAtMs,
    });
    dataPlane.expose(live, assignment);
    const { variant, agentVersion: version, revision, runId = null, randomised } = assignment;
    const placed = { variant, version, revision, runId, position: position(variant), randomised };
    if (session !== null && runId !== null) {
      session.servedBy = placed.position > 0 ? { runId, variant, version, revision } : null;
    }
    return placed;
  }

  async function askVersion(
    live: LiveAgent,
    call: Pick<GatewayCall, 'ask'>,
    asked: { id: string; variant: string; version: number; runId: string | null; traceId: string; shadow: boolean },
    signal: AbortSignal,
  ): Promise<{ reply: Reply; served: ServedVersion | null }> {
    let served: ServedVersion | null = null;
    try {
      const config = await dataPlane.live.configOf({ agentId: live.agentId, version: asked.version });
      served = await versions.of(live.agentId, asked.version, config);
      const reply = await call.ask(served, {
        context: {
          runId: asked.runId ?? '',
          trialId: asked.id,
          variant: asked.variant,
          repetition: 0,
          shadow: asked.shadow,
        },
        traceparent: `00-${asked.traceId}-${randomUUID().slice(19).replaceAll('-', '')}-01`,
        signal,
      });
      return { reply, served };
    } catch (error) {
      signal.throwIfAborted();
      return { reply: notCallable(live, asked.version, error), served };
    }
  }

  /** Rejects with the reason of `call.signal` when the user went away before there was an answer; that is recorded too. */
  async function serve(call: GatewayCall): Promise<ServedCall> {
    const live = await dataPlane.live.agentOf({ projectId: call.projectId, agent: call.agent });
    const startedAt = performance.now();
    const at = new Date();
    const id = `call_${randomUUID()}`;
    const traceId = traceIdOf(call.traceparent);
    const placed = place(live, call);
    const { runId } = placed;
    const record = (end: CallEnd & { fellBack: boolean }): void => {
      const isRead = runId !== null && call.unit !== null;
      const { position: _, ...assigned } = placed;
      calls.record({
        call: {
          id,
          projectId: live.projectId,
          agentId: live.agentId,
          ...assigned,
          unit: call.unit,
          traceId,
          shadow: false,
          fellBack: end.fellBack,
          status: end.errorClass === null ? 'succeeded' : 'failed',
          errorClass: end.errorClass,
          latencyMs: performance.now() - startedAt,
          firstTokenMs: end.firstTokenMs ?? null,
          ...measuredOf(end.facts),
          at,
        },
        content: isRead ? () => contentOf(call, end.facts) : null,
        contentBytes: isRead ? call.inputBytes + (end.facts?.outputBytes ?? 0) : 0,
      });
    };
    try {
      const answer = await askWithFallback(live, call, { ...placed, id, traceId });
      return {
        ...answer,
        assigned: placed.variant,
        fellBack: answer.failure !== null,
        traceId,
        finished(end) {
          record({
            ...end,
            fellBack: answer.failure !== null,
            errorClass: answer.failure?.errorClass ?? end.errorClass,
          });
          // Also where control failed: pairs only of answers that went well would hold the candidate's failures against it, never control's.
          if (live.split.shadow === null) return;
          startShadow(live, call, { id, traceId, controlOutput: end.facts?.output });
        },
      };
    } catch (error) {
      if (call.signal.aborted) record({ errorClass: 'abandoned', fellBack: false });
      throw error;
    }
  }

  /** The answer of the placed version, or of control in its place when it failed and that calls nobody twice who may not be. */
  async function askWithFallback(
    live: LiveAgent,
    call: GatewayCall,
    placed: Placed & { id: string; traceId: string },
  ): Promise<Pick<ServedCall, 'reply' | 'variant' | 'version' | 'mayNotRepeat'> & { failure: FailedPass | null }> {
    const { variant, version } = placed;
    const first = await askVersion(live, call, { ...placed, shadow: false }, call.signal);
    const { reply } = first;
    const control = live.split.variants[0];
    if (reply.ok) return { reply, variant, version, mayNotRepeat: false, failure: null };
    const mayNotRepeat = first.served?.config.sideEffects === true;
    if (mayNotRepeat || placed.position === 0 || control === undefined) {
      return { reply, variant, version, mayNotRepeat, failure: null };
    }
    const config = await dataPlane.live.configOf({ agentId: live.agentId, version: control.version }).catch(() => null);
    if (config?.sideEffects === true) return { reply, variant, version, mayNotRepeat: true, failure: null };
    const asked = { ...placed, id: `${placed.id}-control`, variant: control.name, version: control.version };
    const second = await askVersion(live, call, { ...asked, shadow: false }, call.signal);
    const answered = { variant: control.name, version: control.version };
    return { ...answered, reply: second.reply, mayNotRepeat: false, failure: reply };
  }

  /** The candidate answers too, unseen: after the user has their answer, so that it can neither delay nor fail it. */
  function startShadow(
    live: LiveAgent,
    call: GatewayCall,
    beside: { id: string; traceId: string; controlOutput: Facts['output'] },
  ): void {
    const { shadow, seed, hashVersion, runId, revision } = live.split;
    const { unit } = call;
    if (shadow === null || seed === null || unit === null || !isLeased(live)) return;
    const n = hashUnit({ seed: `${seed}/shadow`, unit, version: hashVersion });
    if (n === null || n >= shadow.share || shadows >= mostShadows || stopping.signal.aborted) return;
    shadows += 1;
    void (async () => {
      const { agentId, projectId } = live;
      const { version, variant } = shadow;
      const config = await dataPlane.live.configOf({ agentId, version });
      if (config.sideEffects === true && config.shadowSafe !== true) return;
      const startedAt = performance.now();
      const at = new Date();
      const { traceId, controlOutput } = beside;
      const asked = { id: `${beside.id}-shadow`, variant, version, runId, traceId, shadow: true };
      const { reply } = await askVersion(live, call, asked, stopping.signal);
      const facts = readFacts(reply);
      calls.record({
        call: {
          id: asked.id,
          projectId,
          agentId,
          runId,
          variant,
          version,
          revision,
          unit,
          randomised: false,
          traceId,
          shadow: true,
          fellBack: false,
          status: reply.ok ? 'succeeded' : 'failed',
          errorClass: reply.ok ? null : reply.errorClass,
          latencyMs: performance.now() - startedAt,
          firstTokenMs: null,
          ...measuredOf(facts),
          at,
        },
        content: () => contentOf(call, facts, controlOutput),
        contentBytes: call.inputBytes + 2 * (facts.outputBytes ?? 0),
      });
    })()
      .catch(() => {})
      .finally(() => {
        shadows -= 1;
      });
  }

  return {
    serve,
    async close() {
      stopping.abort(new Error('the gateway is closing'));
      await calls.close();
      await versions.close();
    },
  };
}

export type Gateway = ReturnType<typeof createGateway>;

/** Of an answer that nobody waits for; such calls are never streamed. */
function readFacts(reply: Reply): Facts {
  if (!reply.ok) return reply.usage ? { usage: reply.usage } : {};
  return reply.kind === 'whole' ? reply.facts() : {};
}

function measuredOf({ usage, steps }: Facts = {}) {
  return {
    inputTokens: usage?.inputTokens ?? null,
    outputTokens: usage?.outputTokens ?? null,
    costUsd: usage?.costUsd ?? null,
    steps: steps ?? null,
  };
}

/** Small inputs cannot hold media. */
function inputOf({ input, inputBytes }: GatewayCall): Json {
  return inputBytes < 8_192 ? input() : withoutMedia(input());
}

/** Absent what there is not. */
function contentOf(call: GatewayCall, facts: Facts | undefined, control?: Facts['output']): CallContent {
  const output = facts?.output?.();
  const controlOutput = control?.();
  return {
    input: inputOf(call),
    ...(output === undefined ? {} : { output }),
    ...(controlOutput === undefined ? {} : { controlOutput }),
  };
}

function notCallable(live: LiveAgent, version: number, error: unknown): FailedPass {
  const why = error instanceof SluiceError ? error.message : 'its configuration cannot be read now';
  if (!(error instanceof SluiceError)) console.error(new Date().toISOString(), `${live.agent} v${version}:`, error);
  return failedAnswer('not_configured', `version ${version} of agent ${live.agent} cannot be called: ${why}`, 0);
}

const traceparentPattern = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

function traceIdOf(traceparent: string | undefined): string {
  const given = traceparent === undefined ? undefined : traceparentPattern.exec(traceparent)?.[1];
  return given ?? randomUUID().replaceAll('-', '');
}
