import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { GatePolicy } from '../../schema/contracts/gate.ts';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { completion, startStubCompletions } from '../agents/stub-completions.ts';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { runCli } from '../support/run-cli.ts';
import { useTestStack } from '../support/test-stack.ts';

const stub = await startStubCompletions();
afterAll(() => stub.close());
// A judge that calls whole numbers good, and is wrong about every tenth.
stub.answers((response, { body }) => {
  const text = String(body.messages.at(-1)?.content);
  const number = Number(/A: ([\d.]+)/.exec(text)?.[1]);
  const whole = Number.isInteger(number);
  const label = whole !== (number % 10 === 3) ? 'good' : 'bad';
  completion(response, { content: JSON.stringify({ explanation: 'so it seems', label }) });
});
const { db, keys, sluice, as, url } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(60));
const folder = mkdtempSync(join(tmpdir(), 'sluice-annotations-'));
afterAll(() => rmSync(folder, { recursive: true }));

const annotator = as('annotator');
const cli = (...args: string[]) =>
  runCli(args, { cwd: folder, env: { SLUICE_URL: url, SLUICE_API_KEY: keys.annotator } });

const judge = (prompt = 'Is it good? {{output}}') =>
  ({
    type: 'llm_judge',
    name: 'helpful',
    baseUrl: stub.url,
    model: 'judge-1',
    prompt,
    choices: { good: 1, bad: 0 },
  }) as const;

async function judged(gate: GatePolicy | undefined, prompt?: string) {
  const spec: ExperimentSpec = experimentSpec({
    variants: { control: solver(20), candidate: solver(60) },
    evaluators: [judge(prompt)],
    ...(gate === undefined ? {} : { gate }),
  });
  const { id } = await sluice.runs.start.mutate({ spec });
  return untilFinal(sluice, id);
}

/** What people say: whole numbers are good. The candidate always answers one, control on the first 20. */
const truth = (run: string, more: { variant?: string; from?: number } = {}) =>
  numberedRows(60)
    .slice(more.from ?? 0)
    .map((row, index) => ({
      exampleId: row.id as string,
      variant: more.variant ?? 'control',
      name: 'helpful',
      label: (more.variant ?? 'control') === 'candidate' || index + (more.from ?? 0) < 20 ? 'good' : 'bad',
      run,
    }))
    .map(({ run: _, ...one }) => one);

const { id: run } = await judged(undefined);

describe('labels of people', () => {
  it('are stored once however often they come, and a change of mind keeps the earlier word', async () => {
    const annotations = truth(run).slice(0, 5);
    expect(await annotator.annotations.add.mutate({ run, annotations })).toEqual({
      added: 5,
      changed: 0,
      unchanged: 0,
    });
    expect(await annotator.annotations.add.mutate({ run, annotations })).toEqual({
      added: 0,
      changed: 0,
      unchanged: 5,
    });
    const other = [{ ...(annotations[0] as (typeof annotations)[0]), label: 'bad', explanation: 'on second thought' }];
    expect(await annotator.annotations.add.mutate({ run, annotations: other })).toMatchObject({ changed: 1 });
    const [now] = await annotator.annotations.list.query({ run, name: 'helpful' });
    expect(now).toMatchObject({ exampleId: 'e0', person: 'annotator', label: 'bad', score: 0, revision: 2 });
    const rows = await db.selectFrom('score').selectAll().where('annotator_kind', '=', 'HUMAN').execute();
    expect(rows).toHaveLength(5);
    expect(rows.every(({ identifier }) => identifier === 'annotator')).toBe(true);
    const history = await db.selectFrom('annotation').select('label').where('revision', '=', 1).execute();
    expect(history).toHaveLength(5);
    await expect(db.deleteFrom('annotation').execute()).rejects.toThrow('append-only');
    const events = await db.selectFrom('audit_event').selectAll().where('verb', '=', 'annotation.add').execute();
    expect(events.map(({ actor }) => actor)).toEqual(['person:annotator', 'person:annotator']);
    expect(await annotator.annotations.add.mutate({ run, annotations })).toMatchObject({ changed: 1, unchanged: 4 });
  });

  it('sent twenty times at once are stored once', async () => {
    const annotations = truth(run, { variant: 'candidate' }).slice(0, 10);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => annotator.annotations.add.mutate({ run, annotations })),
    );
    expect(answers.reduce((sum, { added }) => sum + added, 0)).toBe(10);
    expect(answers.reduce((sum, { changed }) => sum + changed, 0)).toBe(0);
  });

  it('are taken of persons who may, and of nobody else', async () => {
    const annotations = truth(run).slice(0, 1);
    expect((await refusalOf(as('viewer').annotations.add.mutate({ run, annotations }))).code).toBe('forbidden');
    const { apiKey } = await as('admin').keys.create.mutate({ service: 'robot', role: 'annotator' });
    const refused = await refusalOf(as(apiKey as `sl_${string}`).annotations.add.mutate({ run, annotations }));
    expect(refused.message).toContain('labels are given by persons; the key used belongs to service:robot');
  });

  it('that name no trial, no known label or one trial twice are refused together, and none is stored', async () => {
    const [good] = truth(run).slice(20);
    const before = (await annotator.annotations.list.query({ run })).length;
    const annotations = [good, { ...good, exampleId: 'e999' }, { ...good, exampleId: 'e30', label: 'goood' }, good];
    const refused = await refusalOf(annotator.annotations.add.mutate({ run, annotations: annotations as never }));
    expect(refused.message).toContain('3 of 4 labels cannot be taken');
    expect(refused.details.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      expect.stringContaining('annotations[1]: the run has no trial of example "e999"'),
      expect.stringContaining('annotations[2]: "goood" is no label of the judge "helpful"; did you mean "good"'),
      expect.stringContaining('annotations[3]: labels the same trial as annotations[0]'),
    ]);
    expect(await annotator.annotations.list.query({ run })).toHaveLength(before);
  });

  it('change nothing that a gate or a list of answers says of the judge', async () => {
    const { examples } = await sluice.runs.examples.query({ id: run, metric: 'helpful' });
    const answers = examples.flatMap((example) => example.answers);
    expect(answers.every(({ scores }) => scores.helpful === 0 || scores.helpful === 1)).toBe(true);
  });
});

describe('a sheet', () => {
  it('is blind, shuffled by its seed, filled in by people and pushed back by subject', async () => {
    const { id } = await judged(undefined);
    const written = await cli('annotation', 'export', id, '--for', 'helpful', '--sample', '12', '--seed', 'one');
    expect(written.exitCode, written.output).toBe(0);
    const [header, ...rows] = written.stdout.trim().split('\n');
    expect(header).toBe('subject,example_id,input,expected,output,name,label,comment');
    expect(rows).toHaveLength(12);
    expect(written.stdout).not.toMatch(/candidate|control|good|bad/);
    const again = await cli('annotation', 'export', id, '--for', 'helpful', '--sample', '12', '--seed', 'one');
    expect(again.stdout).toBe(written.stdout);
    const other = await cli('annotation', 'export', id, '--for', 'helpful', '--sample', '12', '--seed', 'two');
    expect(other.stdout).not.toBe(written.stdout);

    // One row stays open.
    const filled = rows.map((row, index) =>
      index === 0 ? row : row.replace(/helpful,,$/, 'helpful,good,"fine, I think"'),
    );
    writeFileSync(join(folder, 'labels.csv'), [header, ...filled].join('\n'));
    const pushed = await cli('annotation', 'push', id, 'labels.csv');
    expect(pushed.stdout, pushed.output).toBe('11 labels added, 1 rows without a label\n');
    expect((await cli('annotation', 'push', id, 'labels.csv', '--json')).stdout).toBe(
      '{"added":0,"changed":0,"unchanged":11,"blank":1}\n',
    );
    const left = await cli('annotation', 'export', id, '--for', 'helpful');
    expect(left.stdout.trim().split('\n')).toHaveLength(1 + 120 - 11);
    const listed = await cli('annotation', 'list', id, '--json');
    expect(JSON.parse(listed.stdout)).toHaveLength(11);
    expect(JSON.parse(listed.stdout)[0]).toMatchObject({ label: 'good', explanation: 'fine, I think' });
  });

  it('with mistakes is refused by line, and so is one that does not say what is judged', async () => {
    writeFileSync(join(folder, 'wrong.csv'), 'example_id,variant,label\ne1,control,good\n\ne999,control,good\n');
    const nameless = await cli('annotation', 'push', run, 'wrong.csv');
    expect(nameless.exitCode).toBe(2);
    expect(nameless.stderr).toContain('wrong.csv line 2: does not say what is judged');
    const wrong = await cli('annotation', 'push', run, 'wrong.csv', '--name', 'helpful');
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('wrong.csv line 4: the run has no trial of example "e999"');
    writeFileSync(join(folder, 'bare.csv'), 'example,answer\n1,2\n');
    const bare = await cli('annotation', 'push', run, 'bare.csv', '--name', 'helpful');
    expect(bare.stderr).toContain(
      'neither a column "subject" nor both "example_id" and "variant"; found example, answer',
    );
  });
});

describe('trust in a judge', () => {
  const trusting = (minKappa: number): GatePolicy => ({
    criteria: [{ metric: 'helpful', hypothesis: 'superior', trust: { minKappa, minLabels: 50 } }],
  });

  it('is asked of the version in the plan: unlabelled it decides nothing, labelled it does, changed it must show it again', async () => {
    const prompt = 'Would a person like it? {{output}}';
    const before = await judged(trusting(0.6), prompt);
    expect(before).toMatchObject({ verdict: 'inconclusive', action: 'hold' });
    expect(before.reasons[0]).toMatch(
      /helpful@\d+ is not trusted: its agreement with people is unknown: nobody has labelled/,
    );

    for (const variant of ['control', 'candidate']) {
      await annotator.annotations.add.mutate({ run: before.id, annotations: truth(before.id, { variant }) });
    }
    const after = await judged(trusting(0.6), prompt);
    expect(after).toMatchObject({ verdict: 'pass', action: 'roll_forward' });
    const [agreement] = after.agreement ?? [];
    expect(agreement).toMatchObject({
      label: 'helpful',
      basis: 'label',
      trials: 120,
      examples: 60,
      people: ['annotator'],
    });
    expect(agreement?.interval?.[0]).toBeGreaterThan(0.6);
    const { content } = await db
      .selectFrom('evidence')
      .select('content')
      .where('run_id', '=', after.id)
      .executeTakeFirstOrThrow();
    expect(content).toMatchObject({ agreement: [{ kappa: agreement?.kappa, interval: agreement?.interval }] });

    const strict = await judged(trusting(0.99), prompt);
    expect(strict.verdict).toBe('inconclusive');
    expect(strict.reasons[0]).toContain('the lower bound must be at least 0.99, over 120 labelled trials (50 needed)');
    const changed = await judged(trusting(0.6), `${prompt} Say it.`);
    expect(changed.reasons[0]).toContain('nobody has labelled any trial that it judged');

    const version = agreement?.judge.split('@')[1];
    const shown = await cli('evaluator', 'trust', `helpful@${version}`);
    expect(shown.exitCode, shown.output).toBe(0);
    expect(shown.stdout).toContain(
      `helpful@${version} against people's "helpful": 120 labels of 120 trials (60 examples)`,
    );
    expect(shown.stdout).toMatch(/kappa +0\.\d\d \[0\.\d\d, 0\.\d\d\] at 95 %/);
    const same = await cli('annotation', 'agreement', `helpful@${version}`, '--json');
    expect(JSON.parse(same.stdout)).toEqual(agreement);
  });

  it('is not asked of code, which has nobody to agree with', async () => {
    const gate: GatePolicy = { criteria: [{ metric: 'correct', trust: { minKappa: 0.6 } }] };
    const refused = await refusalOf(sluice.runs.start.mutate({ spec: experimentSpec({ gate }) }));
    expect(refused.message).toContain(
      'gate.criteria[0].trust: the metric "correct" is of a numeric_match evaluator, which is code',
    );
    const ofAll: GatePolicy = { criteria: [{ metric: 'correct' }], trust: { minKappa: 0.6 } };
    const { id } = await sluice.runs.start.mutate({ spec: experimentSpec({ gate: ofAll }) });
    expect((await untilFinal(sluice, id)).verdict).toBe('pass');
  });
});
