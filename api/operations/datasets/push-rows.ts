import canonicalize from 'canonicalize';
import { datasetLimits, type ExampleRow } from '../../../schema/contracts/dataset.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { sha256 } from '../../../schema/ids.ts';
import { whyNotStorable } from '../../../schema/why-not-storable.ts';
import { isOpenPush } from '../../../store/datasets/is-open-push.ts';
import { stageRows } from '../../../store/datasets/stage-rows.ts';
import type { SignedContext } from '../../context.ts';
import { storeRowMedia } from './store-row-media.ts';

/** Stages rows of an open push; media in them become attachments. `ordinal` is the place of the first one in the file, from 0. */
export async function pushRows({
  ctx,
  input,
}: {
  ctx: SignedContext;
  input: { pushId: string; ordinal: number; rows: ExampleRow[] };
}): Promise<void> {
  if (!(await isOpenPush(ctx.db, ctx.principal.projectId, input.pushId))) {
    throw new SluiceError({
      code: 'not_found',
      message: `there is no open push ${input.pushId}`,
      fix: 'Push the file again.',
    });
  }
  const stored = await storeRowMedia(ctx, input.rows, { first: input.ordinal + 1 });
  const rows = stored.map((row, index) => {
    // No value and null are stored alike, so they are the same content.
    const content = {
      input: row.input,
      ...(row.expected === undefined || row.expected === null ? {} : { expected: row.expected }),
      metadata: row.metadata ?? {},
      ...(row.clusterKey === undefined ? {} : { clusterKey: row.clusterKey }),
      ...(row.sourceTraceId === undefined ? {} : { sourceTraceId: row.sourceTraceId }),
    };
    const why = whyNotStorable(content);
    if (why !== null) {
      throw new SluiceError({
        code: 'invalid_input',
        message: `row ${input.ordinal + index + 1}: the example cannot be stored as JSON: ${why}`,
        fix: 'Correct the row and push the file again. Nothing was changed.',
      });
    }
    const text = canonicalize(content) ?? '';
    const bytes = Buffer.byteLength(text);
    if (bytes > datasetLimits.exampleBytes) {
      throw new SluiceError({
        code: 'too_large',
        message: `row ${input.ordinal + index + 1}: the example has ${bytes} bytes, at most ${datasetLimits.exampleBytes} are accepted`,
        fix: 'Shorten it, or refer to the media instead of holding it. Nothing was changed.',
      });
    }
    return {
      ordinal: input.ordinal + index,
      exampleId: row.id ?? null,
      contentHash: sha256(text),
      input: row.input,
      expected: row.expected ?? null,
      metadata: row.metadata ?? {},
      clusterKey: row.clusterKey ?? null,
      sourceTraceId: row.sourceTraceId ?? null,
      splits: [...new Set(row.splits ?? [])].sort(),
    };
  });
  await stageRows(ctx.db, input.pushId, rows);
}
