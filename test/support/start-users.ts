/** What a user of an agent got. */
export interface UserAnswer {
  unit: string;
  /** 0 = no answer at all. */
  status: number;
  /** What the unit was assigned; null without an answer. */
  assigned: string | null;
  /** Who answered: control after a fallback. */
  variant: string | null;
  /** Names the call in the records. */
  trace: string | null;
  text: string;
  /** By `performance.now()`. */
  startedAt: number;
  endedAt: number;
}

export interface Users {
  /** In the order they came. */
  readonly answers: readonly UserAnswer[];
  /** Sends no more, and waits for what is under way. */
  stop(): Promise<void>;
  /** Calls started per second so far. */
  perSecond(): number;
}

export interface ChatOptions {
  url: string;
  apiKey: string;
  agent: string;
  stream?: boolean;
}

/** One call through the gateway, as a user's program makes it. Never rejects. */
export async function chatAs(unit: string, { url, apiKey, agent, stream = false }: ChatOptions): Promise<UserAnswer> {
  const startedAt = performance.now();
  const answered = { unit, startedAt };
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'x-sluice-unit': unit },
      body: JSON.stringify({ model: agent, stream, messages: [{ role: 'user', content: unit }] }),
    });
    const text = await response.text();
    const variant = response.headers.get('x-sluice-variant');
    const assigned = response.headers.get('x-sluice-fell-back-from') ?? variant;
    const trace = response.headers.get('x-sluice-trace');
    return { ...answered, status: response.status, assigned, variant, trace, text, endedAt: performance.now() };
  } catch (error) {
    const { message, cause } = error as Error;
    const text = `${message} ${cause ?? ''}`;
    return { ...answered, status: 0, assigned: null, variant: null, trace: null, text, endedAt: performance.now() };
  }
}

/** Users that come at a steady rate, however slow the answers are; each is a unit of its own. */
export function startUsers(options: ChatOptions & { name: string; perSecond: number }): Users {
  const answers: UserAnswer[] = [];
  const waiting = new Set<Promise<void>>();
  const startedAt = performance.now();
  let started = 0;
  let stoppedAt: number | undefined;
  const elapsedMs = () => (stoppedAt ?? performance.now()) - startedAt;
  const timer = setInterval(() => {
    const due = Math.floor((elapsedMs() / 1_000) * options.perSecond);
    for (; started < due; started += 1) {
      const call = chatAs(`${options.name}-${started}`, options).then((answer) => {
        answers.push(answer);
        waiting.delete(call);
      });
      waiting.add(call);
    }
  }, 10);
  return {
    answers,
    perSecond: () => started / (elapsedMs() / 1_000),
    async stop() {
      clearInterval(timer);
      stoppedAt ??= performance.now();
      await Promise.all(waiting);
    },
  };
}
