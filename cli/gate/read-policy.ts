import { type GatePolicy, gatePolicySchema } from '../../schema/contracts/gate.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { SluiceError } from '../../schema/errors.ts';
import { readDocument } from '../files/read-documents.ts';

/** The policy in a file: the file is one, or an experiment whose `gate` is written out. */
export function readPolicy(file: string): GatePolicy {
  const document = readDocument(file);
  const { kind, gate } = (document ?? {}) as { kind?: unknown; gate?: unknown };
  if (kind === undefined) return parseInput(gatePolicySchema, document, file);
  if (gate !== null && typeof gate === 'object') return parseInput(gatePolicySchema, gate, `${file}: gate`);
  throw new SluiceError({
    code: 'invalid_input',
    message: `${file}: found ${gate === undefined ? 'no gate' : `gate: ${JSON.stringify(gate)}`} in it, expected a policy written out`,
    fix: 'Give a file with `criteria:` or `profile:`, or a spec with them under `gate:`.',
  });
}
