import { goldenKeys } from '../../schema/contracts/dataset.ts';
import { goldenSplit } from '../../schema/contracts/gate.ts';
import { SluiceError } from '../../schema/errors.ts';
import type { FileRow } from './read-jsonl.ts';

/**
 * Golden cases with an owner and a reason, where they have none of their own.
 * @throws {SluiceError} when no row is in the split `golden`
 */
export async function* addGolden(
  rows: AsyncIterable<FileRow>,
  golden: { owner?: string | undefined; reason?: string | undefined },
): AsyncGenerator<FileRow> {
  let found = false;
  for await (const { line, row } of rows) {
    if (!row.splits?.includes(goldenSplit)) {
      yield { line, row };
      continue;
    }
    found = true;
    const metadata = { ...row.metadata };
    for (const key of ['owner', 'reason'] as const) {
      const value = golden[key];
      const own = metadata[goldenKeys[key]];
      if (value !== undefined && (own === undefined || own === null || own === '')) metadata[goldenKeys[key]] = value;
    }
    yield { line, row: { ...row, metadata } };
  }
  if (found) return;
  throw new SluiceError({
    code: 'invalid_input',
    message: `--owner and --reason belong to golden cases, and no example is in the split "${goldenSplit}"`,
    fix: `Add --split ${goldenSplit}, or a column \`split\`. Nothing was changed.`,
  });
}
