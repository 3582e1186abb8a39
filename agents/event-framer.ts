const lineFeed = 10;
const carriageReturn = 13;
const empty = Buffer.alloc(0);

/**
 * Cuts a stream of server-sent events where an event ends, so that what is passed on never holds half of one. Bytes stay as they
 * are; a chunk that is whole events goes through without a copy.
 */
export class EventFramer {
  #rest: Buffer = empty;

  /** What is whole now, maybe nothing. */
  push(chunk: Buffer): Buffer {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = endOfLastEvent(bytes);
    this.#rest = end === bytes.length ? empty : bytes.subarray(end);
    return end === bytes.length ? bytes : bytes.subarray(0, end);
  }

  /** Bytes of an event that has not ended. */
  get rest(): Buffer {
    return this.#rest;
  }
}

/** Position after the last empty line; 0 when there is none. */
function endOfLastEvent(bytes: Buffer): number {
  for (let at = bytes.length - 1; at > 0; at -= 1) {
    at = bytes.lastIndexOf(lineFeed, at);
    if (at <= 0) return 0;
    const before = bytes[at - 1];
    if (before === lineFeed) return at + 1;
    if (before === carriageReturn && bytes[at - 2] === lineFeed) return at + 1;
  }
  return 0;
}

/** The data of each event of `text`, which ends where an event ends. Comments and other fields are left out. */
export function* eventData(text: string): Generator<{ data: string; from: number; to: number }> {
  const ends = /\r?\n\r?\n/g;
  let from = 0;
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    const to = ends.lastIndex;
    const lines = text.slice(from, end.index).split(/\r?\n/);
    const data = lines.flatMap((line) => (line.startsWith('data:') ? [line.slice(line[5] === ' ' ? 6 : 5)] : []));
    if (data.length > 0) yield { data: data.join('\n'), from, to };
    from = to;
  }
}
