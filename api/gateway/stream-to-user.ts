import type { ServerResponse } from 'node:http';
import { eventData } from '../../agents/event-framer.ts';
import type { Exchanged } from '../../agents/http-exchange.ts';
import { readCompletion } from '../../agents/read-completion.ts';
import { readCompletionStream } from '../../agents/read-completion-stream.ts';
import type { AgentUsage } from '../../schema/contracts/call.ts';
import type { Json } from '../../schema/contracts/json.ts';
import type { Facts, StreamReply } from './reply.ts';

const finishes = [Buffer.from('"finish_reason":"'), Buffer.from('"finish_reason": "')];
const usages = [Buffer.from('"usage":{'), Buffer.from('"usage": {')];
const errors = [Buffer.from('data: {"error"'), Buffer.from('data:{"error"')];
const lastEvents = [Buffer.from('data: [DONE]'), Buffer.from('data:[DONE]')];

/** Most of a stream that is kept for evaluators. */
const mostKeptBytes = 1_048_576;

/**
 * Passes a stream on as it comes, bytes untouched, no faster than the user reads. The usage is read on the way; the event that tells it is
 * left out where the user did not ask for it. A stream that breaks off ends with an event that says so.
 * @returns how it ended: null when it was whole; `abandoned` when the user went away
 */
export function streamToUser(
  reply: StreamReply,
  response: ServerResponse,
): Promise<{ errorClass: string | null; facts: Facts }> {
  const { stream, tellsUsage } = reply;
  return new Promise((resolve) => {
    let usage: AgentUsage | undefined;
    let hasFinished = false;
    let hasFailed = false;
    let isOver = false;
    const kept: Buffer[] = [];
    let keptBytes = 0;
    const settle = (errorClass: string | null): void => {
      if (isOver) return;
      isOver = true;
      response.off('drain', onDrain);
      response.off('close', onClose);
      resolve({ errorClass, facts: { usage, output: () => readOutput(kept, reply.response), outputBytes: keptBytes } });
    };
    const onDrain = (): void => stream.resume();
    const onClose = (): void => {
      stream.cancel();
      // What the agent did for a user who has left was no failure of it.
      settle(null);
    };
    response.on('drain', onDrain);
    response.on('close', onClose);
    stream.pipe({
      write(events) {
        if (isOver) return true;
        if (!hasFinished) hasFinished = holds(events, finishes) || holds(events, lastEvents);
        if (!hasFailed) hasFailed = holds(events, errors);
        if (keptBytes < mostKeptBytes) {
          kept.push(events);
          keptBytes += events.length;
        }
        let passed = events;
        if (holds(events, usages)) {
          const read = readUsageEvents(events, tellsUsage);
          if (read.usage !== undefined) usage = reply.usageOf(read.usage) ?? usage;
          passed = read.events;
        }
        return passed.length === 0 || response.write(passed);
      },
      end(exchanged) {
        if (isOver) return;
        if (hasFailed) {
          response.end();
          settle('server_error');
        } else if (hasFinished) {
          // All of the answer has come, even where the connection then broke.
          response.end(exchanged.ended === 'complete' ? undefined : 'data: [DONE]\n\n');
          settle(null);
        } else {
          const errorClass = exchanged.ended === 'timeout' ? 'timeout' : 'connection_reset';
          response.end(`data: ${JSON.stringify({ error: brokenOff(exchanged, errorClass) })}\n\n`);
          settle(errorClass);
        }
      },
    });
  });
}

function brokenOff({ ended, bytes }: Exchanged, code: string) {
  const how = ended === 'timeout' ? 'fell silent' : ended === 'too_large' ? 'sent too large an event' : 'broke off';
  return { message: `the agent ${how} after ${bytes} bytes of its answer`, type: 'server_error', param: null, code };
}

function holds(events: Buffer, needles: readonly Buffer[]): boolean {
  return needles.some((needle) => events.includes(needle));
}

/** The usage that some of the events tell; and the events, without one that only tells the usage where nobody asked for it. */
function readUsageEvents(events: Buffer, tellsUsage: boolean): { usage: unknown; events: Buffer } {
  const text = events.toString('utf8');
  let usage: unknown;
  let passed = '';
  let from = 0;
  for (const event of eventData(text)) {
    if (!event.data.includes('"usage"')) continue;
    try {
      const chunk = JSON.parse(event.data);
      usage = chunk.usage ?? usage;
      if (tellsUsage || !chunk.usage || !Array.isArray(chunk.choices) || chunk.choices.length > 0) continue;
      passed += text.slice(from, event.from);
      from = event.to;
    } catch {
      // Passed on as it is.
    }
  }
  return { usage, events: from === 0 ? events : Buffer.from(passed + text.slice(from)) };
}

/** What the stream said, put together. */
function readOutput(kept: readonly Buffer[], response: 'text' | 'json'): Json | undefined {
  const whole = readCompletionStream(Buffer.concat(kept).toString('utf8'));
  if (!('completion' in whole)) return undefined;
  const read = readCompletion(whole.completion, response);
  return 'output' in read ? read.output : undefined;
}
