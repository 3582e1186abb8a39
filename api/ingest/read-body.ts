import type { Readable } from 'node:stream';
import { SluiceError } from '../../schema/errors.ts';

/** A sender that says nothing for so long makes room for others. */
const idleMs = 30_000;

/**
 * All bytes of a request, at most `limitBytes` of them in memory; what comes beyond is not kept.
 * @param what What is sent, for messages: `the attachment`.
 */
export async function readBody(
  body: Readable,
  options: { limitBytes: number; declaredBytes: number | undefined; what: string; fix: string },
): Promise<Buffer> {
  const { limitBytes, declaredBytes, what, fix } = options;
  const tooLarge = (found: string) =>
    new SluiceError({
      code: 'too_large',
      message: `${what} has ${found} bytes, at most ${limitBytes} are accepted`,
      fix,
    });
  if (declaredBytes !== undefined && declaredBytes > limitBytes) throw tooLarge(`${declaredBytes}`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => body.destroy(new Error('idle')), idleMs);
  };
  try {
    wait();
    for await (const chunk of body as AsyncIterable<Buffer>) {
      wait();
      bytes += chunk.length;
      if (bytes > limitBytes) throw tooLarge(`more than ${limitBytes}`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError({
      code: 'invalid_input',
      message: `${what} broke off after ${bytes} bytes`,
      fix: 'Send it again. Nothing was changed.',
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks, bytes);
}
