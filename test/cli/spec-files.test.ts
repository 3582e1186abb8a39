import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { placeError } from '../../cli/spec/place-error.ts';
import { readSpec } from '../../cli/spec/read-spec.ts';
import { SluiceError } from '../../schema/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-specs-'));

const spec = `kind: experiment
name: qa
dataset: gsm8k@latest#test
variants:
  control: { agent: solver }
  candidate: { adapter: http, url: "http://127.0.0.1:9/x" }
`;

function write(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function complaint(name: string, content: string): Promise<string> {
  const error = await readSpec(write(name, content)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SluiceError);
  return `${(error as SluiceError).message} / ${(error as SluiceError).fix}`.replaceAll(folder, '');
}

describe('a spec file', () => {
  it('names a stored dataset, or a data file beside it that is pushed first', async () => {
    expect((await readSpec(write('stored.yaml', spec))).dataset).toBeUndefined();
    const named = (dataset: string) => readSpec(write('file.yaml', spec.replace('gsm8k@latest#test', dataset)));
    expect((await named('./my qa.csv')).dataset).toEqual({ file: './my qa.csv', name: 'my-qa' });
    expect((await named('data/qa.jsonl')).dataset).toEqual({ file: 'data/qa.jsonl', name: 'qa' });
    expect((await named('{ file: qa.csv, map: { input: question }, name: support, split: test }')).dataset).toEqual({
      file: 'qa.csv',
      map: { input: 'question' },
      name: 'support',
      split: 'test',
    });
    expect((await named('team/support@3')).dataset).toBeUndefined();
  });

  it('may hold other documents beside one experiment', async () => {
    const { spec: read } = await readSpec(write('many.yaml', `${spec}---\nkind: rollout\nname: later\n`));
    expect(read.name).toBe('qa');
    expect(await complaint('two.yaml', `${spec}---\n${spec}`)).toMatch(
      /found 2 documents \(experiment, experiment\), expected exactly one of kind: experiment/,
    );
  });

  it.each([
    ['indent.yaml', spec.replace('  control: {', '  control: { {'), /indent.yaml line 6, column \d+: .*\n.*\n/],
    ['quote.yaml', `${spec}name2: "x\n`, /quote.yaml line 8.*: Missing closing "quote/],
    ['twice.yaml', `${spec}name: again\n`, /twice.yaml line 7, column 1: Map keys must be unique/],
    ['empty.yaml', '# nothing yet\n', /empty.yaml: holds no YAML or JSON document/],
    ['key.yaml', spec.replace('variants', 'varaints'), /varaints: unknown key; did you mean "variants"/],
    [
      'dataset.yaml',
      spec.replace('gsm8k@latest#test', '{ fil: a.csv }'),
      /dataset:\n {2}fil: unknown key; did you mean "file"/,
    ],
    ['map.yaml', spec.replace('gsm8k@latest#test', '{ file: a.csv, map: { inptu: q } }'), /map/],
    ['text.yaml', 'hello\n', /expected an experiment \(kind, name, dataset, variants/],
    ['monitor.yaml', 'kind: monitor\nname: x\n', /a run of kind monitor is not built yet/],
  ])('%s with a mistake says where it is and what to do', async (name, content, expected) => {
    expect(await complaint(name, content)).toMatch(expected);
  });

  it('in a git checkout records commit and branch, in JSON files too, unless it says them itself', async () => {
    for (const name of ['GITHUB_SHA', 'CI_COMMIT_SHA']) vi.stubEnv(name, '');
    const checkout = join(folder, 'checkout', 'specs');
    mkdirSync(join(folder, 'checkout', '.git', 'refs', 'heads'), { recursive: true });
    mkdirSync(checkout);
    writeFileSync(join(folder, 'checkout', '.git', 'HEAD'), 'ref: refs/heads/faster-prompt\n');
    writeFileSync(join(folder, 'checkout', '.git', 'refs', 'heads', 'faster-prompt'), `${'ab12'.repeat(10)}\n`);
    const path = join(checkout, 'spec.yaml');
    writeFileSync(path, spec);
    expect((await readSpec(path)).spec.git).toEqual({ sha: 'ab12'.repeat(10), branch: 'faster-prompt' });
    writeFileSync(path, `${spec}git: { sha: mine }\n`);
    expect((await readSpec(path)).spec.git).toEqual({ sha: 'mine' });
    vi.unstubAllEnvs();
  });
});

describe('an error over what a spec says', () => {
  const refusal = new SluiceError({
    code: 'invalid_input',
    message: 'evaluators[0]: none has an expected value',
    fix: 'Push it again: `sluice dataset push NAME FILE --map expected=COLUMN`.',
  });

  it('names the file, and speaks in the words of the spec where that names the data', () => {
    const placed = placeError(refusal, 'qa.yaml', { file: 'qa.csv', name: 'qa', map: { input: 'q' } }) as SluiceError;
    expect(placed.message).toBe('qa.yaml: evaluators[0]: none has an expected value');
    expect(placed.fix).toContain('dataset: { file: qa.csv, map: { input: q, expected: COLUMN } }');
    expect((placeError(refusal, 'qa.yaml', undefined) as SluiceError).fix).toBe(refusal.fix);
  });
});
