import type { Grammar, Llama } from 'node-llama-cpp';
import { ApiError } from './api-error.ts';
import type { CompletionRequest, Shape } from './parse-request.ts';

export interface Answer {
  text: string;
  promptTokens: number;
  /** Without the one that ends the turn. */
  completionTokens: number;
  finishReason: 'stop' | 'length';
}

export interface LanguageModel {
  /**
   * Answers one request at a time, in the order of asking.
   * @param options.onText Hears the pieces of the answer.
   * @throws ApiError 400 when the prompt does not fit, or the shape cannot be made a grammar.
   */
  complete(
    request: CompletionRequest,
    options: { onText?: (text: string) => void; signal: AbortSignal },
  ): Promise<Answer>;
  close(): Promise<void>;
}

/** Tokens of prompt and answer together. */
const contextTokens = 4096;
const keptGrammars = 64;

/**
 * Loads the weights into memory, on the processor, with the engine as it was installed: nothing is compiled.
 * @param options.threads They wait for each other after every layer: more than there are idle cores is many times slower.
 */
export async function loadModel(weights: string, { threads }: { threads: number }): Promise<LanguageModel> {
  const { getLlama, LlamaCompletion, LlamaText, SpecialTokensText } = await import('node-llama-cpp').catch((cause) => {
    throw new Error('node-llama-cpp is not installed: run `npm ci` in examples/local-llm first', { cause });
  });
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: 'error',
  });
  const model = await llama.loadModel({ modelPath: weights });
  const context = await model.createContext({
    contextSize: contextTokens,
    sequences: 1,
    threads,
  });
  const sequence = context.getSequence();
  const completion = new LlamaCompletion({ contextSequence: sequence });
  const grammars = new Map<string, Promise<Grammar>>();
  let last: Promise<unknown> = Promise.resolve();

  /** ChatML, as `tokenizer.chat_template` in the weights says. What people wrote never becomes a special token. */
  function tokensOf(messages: CompletionRequest['messages']) {
    const marked = messages.flatMap(({ role, content }) => [
      new SpecialTokensText(`<|im_start|>${role}\n`),
      content,
      new SpecialTokensText('<|im_end|>\n'),
    ]);
    return LlamaText([...marked, new SpecialTokensText('<|im_start|>assistant\n')]).tokenize(model.tokenizer);
  }

  async function grammarOf(shape: Shape): Promise<Grammar> {
    const key = JSON.stringify(shape);
    const grammar = grammars.get(key) ?? makeGrammar(llama, shape);
    grammars.delete(key);
    grammars.set(key, grammar);
    const [oldest] = grammars.keys();
    if (grammars.size > keptGrammars && oldest !== undefined) grammars.delete(oldest);
    try {
      return await grammar;
    } catch (error) {
      grammars.delete(key);
      const message = `response_format: no grammar can be made of this schema: ${(error as Error).message}`;
      throw new ApiError(400, message, { param: 'response_format' });
    }
  }

  async function answer(
    request: CompletionRequest,
    { onText, signal }: { onText?: (text: string) => void; signal: AbortSignal },
  ): Promise<Answer> {
    signal.throwIfAborted();
    const prompt = tokensOf(request.messages);
    const room = contextTokens - prompt.length - 1;
    if (room < 1 || (request.maxTokens ?? 0) > room) {
      const asked = request.maxTokens === undefined ? '' : ` and ${request.maxTokens} of the answer`;
      const message = `messages: found ${prompt.length} tokens${asked}; there is room for ${contextTokens}`;
      throw new ApiError(400, message, { param: 'messages', code: 'context_length_exceeded' });
    }
    const grammar = request.shape === undefined ? undefined : await grammarOf(request.shape);
    // What an earlier request left would be read faster, and round differently: answers would depend on the order.
    await sequence.clearHistory();
    let completionTokens = 0;
    const { response, metadata } = await completion.generateCompletionWithMeta(prompt, {
      maxTokens: request.maxTokens ?? room,
      temperature: request.temperature,
      repeatPenalty: false,
      disableContextShift: true,
      customStopTriggers: request.stop,
      signal,
      onToken: (tokens) => {
        completionTokens += tokens.length;
      },
      ...(request.topP === undefined ? {} : { topP: request.topP }),
      ...(request.seed === undefined ? {} : { seed: request.seed }),
      ...(grammar === undefined ? {} : { grammar }),
      ...(onText === undefined ? {} : { onTextChunk: onText }),
    });
    const finishReason = metadata.stopReason === 'maxTokens' ? 'length' : 'stop';
    return { text: response, promptTokens: prompt.length, completionTokens, finishReason };
  }

  function complete(...call: Parameters<typeof answer>): Promise<Answer> {
    const mine = last.then(() => answer(...call));
    last = mine.catch(() => {});
    return mine;
  }

  async function close(): Promise<void> {
    await last;
    await llama.dispose();
  }

  return { complete, close };
}

async function makeGrammar(llama: Llama, shape: Shape): Promise<Grammar> {
  if (shape.kind === 'json') return llama.getGrammarFor('json');
  if (shape.kind === 'schema') return llama.createGrammarForJsonSchema(shape.schema);
  // A text in JSON is written as one in GBNF.
  const labels = shape.choices.map((choice) => JSON.stringify(choice));
  return llama.createGrammar({ grammar: `root ::= ${labels.join(' | ')}` });
}
