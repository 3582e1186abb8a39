import type { FailedPass } from '../../agents/pass-completions.ts';
import type { OpenedStream } from '../../agents/stream-exchange.ts';
import type { AgentUsage } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';

/** What an answer tells about itself, read once it is on its way to the user. */
export interface Facts {
  usage?: AgentUsage | undefined;
  steps?: number | undefined;
  /** Read when it is asked for: undefined when it cannot be. */
  output?: (() => Json | undefined) | undefined;
  /** About how large it is. */
  outputBytes?: number | undefined;
}

/** A whole answer, ready to be sent. */
export interface WholeReply {
  ok: true;
  kind: 'whole';
  body: Buffer | string;
  contentType: string;
  facts(): Facts;
}

/** An answer that has begun to come. */
export interface StreamReply {
  ok: true;
  kind: 'stream';
  stream: OpenedStream;
  usageOf(usage: unknown): AgentUsage | undefined;
  /** How its text is read, for evaluators. */
  response: 'text' | 'json';
  /** The caller wants the event that tells the usage. */
  tellsUsage: boolean;
}

/** What came of asking one version of an agent. */
export type Reply = WholeReply | StreamReply | FailedPass;
