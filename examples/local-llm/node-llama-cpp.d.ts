/**
 * What this example uses of node-llama-cpp 3.21. Declared here because the package is installed for this example
 * alone: the types of the repository are checked without it.
 */
declare module 'node-llama-cpp' {
  type Token = number & { readonly token: unique symbol };
  interface Grammar {
    readonly grammar: string;
  }
  interface Sequence {
    clearHistory(): Promise<void>;
  }
  interface Context {
    readonly contextSize: number;
    getSequence(): Sequence;
  }
  interface Model {
    readonly tokenizer: Tokenizer;
    createContext(options: { contextSize: number; sequences: number; threads: number }): Promise<Context>;
  }
  interface Tokenizer {
    readonly tokenizer: unique symbol;
  }
  interface Llama {
    loadModel(options: { modelPath: string }): Promise<Model>;
    createGrammar(options: { grammar: string }): Promise<Grammar>;
    createGrammarForJsonSchema(schema: object): Promise<Grammar>;
    getGrammarFor(type: 'json'): Promise<Grammar>;
    dispose(): Promise<void>;
  }
  export function getLlama(options: {
    gpu: false;
    build: 'never';
    skipDownload: true;
    progressLogs: false;
    logLevel: 'error';
  }): Promise<Llama>;
  export class SpecialTokensText {
    constructor(value: string);
    readonly value: string;
  }
  interface Text {
    tokenize(tokenizer: Tokenizer): Token[];
  }
  export function LlamaText(parts: readonly (string | SpecialTokensText)[]): Text;
  export class LlamaCompletion {
    constructor(options: { contextSequence: Sequence });
    generateCompletionWithMeta(
      input: Token[],
      options: {
        maxTokens: number;
        temperature: number;
        topP?: number;
        seed?: number;
        repeatPenalty: false;
        disableContextShift: true;
        grammar?: Grammar;
        customStopTriggers?: readonly string[];
        signal?: AbortSignal;
        onTextChunk?: (text: string) => void;
        onToken?: (tokens: Token[]) => void;
      },
    ): Promise<{ response: string; metadata: { stopReason: string } }>;
  }
}
