import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { appendAuditEvent } from '../../store/audit/append-audit-event.ts';
import { verifyAuditChain } from '../../store/audit/verify-audit-chain.ts';
import { refusalOf } from '../support/refusal-of.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { useTestStack } from '../support/test-stack.ts';

const auditKey = 'key of the audit chain';
const projectId = 'prj_default';

/** A chain of `count` events in a database of its own, tampered with as its superuser can, and what is found. */
async function chainOf<Result>(
  count: number,
  use: (chain: {
    tamper(statement: ReturnType<typeof sql>): Promise<void>;
    append(): Promise<void>;
    verify(expect?: { number: number; hash: string }, key?: string): ReturnType<typeof verifyAuditChain>;
  }) => Promise<Result>,
): Promise<Result> {
  const { db, drop } = await createTestDatabase();
  let number = 0;
  const append = () =>
    db.transaction().execute((trx) => {
      number += 1;
      const detail = { number, text: 'ä', ratio: 0.1 };
      return appendAuditEvent(
        trx,
        { projectId, actor: 'person:ada', verb: 'test.step', subject: `s${number}`, detail },
        auditKey,
      );
    });
  try {
    for (let event = 0; event < count; event += 1) await append();
    await sql`alter table audit_event disable trigger append_only`.execute(db);
    return await use({
      append,
      tamper: async (statement) => void (await statement.execute(db)),
      verify: (expect, key = auditKey) => verifyAuditChain(db, { projectId, auditKey: key, expect }),
    });
  } finally {
    await drop(false);
  }
}

describe('a chain of audit events', () => {
  it('that nobody touched is whole, and tells where it ends', () =>
    chainOf(20, async ({ append, verify }) => {
      const report = await verify();
      expect(report).toMatchObject({ ok: true, events: 20, problems: [], warnings: [], end: { number: 20 } });
      await append();
      // What was noted before still holds after more events came, by the first characters too.
      const noted = { number: 20, hash: report.end?.hash.slice(0, 16) ?? '' };
      expect(await verify(noted)).toMatchObject({ ok: true, events: 21 });
    }));

  it.each([
    ['the actor', sql`update audit_event set actor = 'person:adb' where number = 7`],
    ['the detail', sql`update audit_event set detail = jsonb_set(detail, '{ratio}', '0.2') where number = 7`],
    ['the time, by a microsecond', sql`update audit_event set at = at + interval '1 microsecond' where number = 7`],
    ['the hash', sql`update audit_event set hash = set_byte(hash, 3, get_byte(hash, 3) # 1) where number = 7`],
    [
      'the hash before',
      sql`update audit_event set previous_hash = set_byte(previous_hash, 3, get_byte(previous_hash, 3) # 1) where number = 7`,
    ],
  ])('in which one byte was flipped is found out at that event: %s', (_, statement) =>
    chainOf(20, async ({ tamper, verify }) => {
      await tamper(statement);
      const report = await verify();
      expect(report).toMatchObject({
        ok: false,
        events: 20,
        problemCount: 1,
        problems: [{ kind: 'changed', number: 7 }],
      });
      expect(report.problems[0]?.message).toMatch(
        /^event 7 \(test\.step of s7 by person:ad., \S+Z\) is not what was written: its content or its hash was changed$/,
      );
    }),
  );

  it('from which rows were deleted says which, and since when', () =>
    chainOf(20, async ({ tamper, verify }) => {
      await tamper(sql`delete from audit_event where number in (5, 11, 12)`);
      expect((await verify()).problems).toMatchObject([
        {
          kind: 'missing',
          number: 5,
          at: expect.any(String),
          message: expect.stringContaining('event 5 is missing before event 6'),
        },
        {
          kind: 'missing',
          number: 11,
          message: expect.stringContaining('events 11 to 12 are missing before event 13'),
        },
      ]);
    }));

  it('whose first row was deleted says so', () =>
    chainOf(5, async ({ tamper, verify }) => {
      await tamper(sql`delete from audit_event where number = 1`);
      expect((await verify()).problems).toMatchObject([{ kind: 'missing', number: 1 }]);
    }));

  it('whose numbers were closed up after a deletion says where the break is', () =>
    chainOf(10, async ({ tamper, verify }) => {
      await tamper(sql`delete from audit_event where number = 5`);
      for (let number = 6; number <= 10; number += 1)
        await tamper(sql`update audit_event set number = ${number - 1} where number = ${number}`);
      const report = await verify();
      expect(report.problems[0]).toMatchObject({
        kind: 'reordered',
        number: 5,
        message: 'in the place of event 5 stands the one written as 6',
      });
      expect(report.problems.at(-1)).toMatchObject({ kind: 'tail_missing', number: 10 });
    }));

  it('whose tail was deleted says from where, though what is left fits together', () =>
    chainOf(20, async ({ tamper, verify }) => {
      await tamper(sql`delete from audit_event where number > 17`);
      expect((await verify()).problems).toMatchObject([
        {
          kind: 'tail_missing',
          number: 18,
          at: expect.any(String),
          message: 'events 18 to 20 are missing at the end: the head names 20 as the last',
        },
      ]);
    }));

  it('whose tail was deleted keeps the gap when it goes on', () =>
    chainOf(20, async ({ append, tamper, verify }) => {
      await tamper(sql`delete from audit_event where number > 17`);
      await append();
      await append();
      expect((await verify()).problems).toMatchObject([
        { kind: 'missing', number: 18, message: expect.stringContaining('events 18 to 20 are missing') },
        { kind: 'head_mismatch', number: 21 },
      ]);
    }));

  it('in which two rows changed places says which stands where', () =>
    chainOf(20, async ({ tamper, verify }) => {
      await tamper(sql`update audit_event set number = 1000 where number = 6`);
      await tamper(sql`update audit_event set number = 6 where number = 9`);
      await tamper(sql`update audit_event set number = 9 where number = 1000`);
      expect((await verify()).problems).toMatchObject([
        { kind: 'reordered', number: 6, message: 'in the place of event 6 stands the one written as 9' },
        { kind: 'reordered', number: 9, message: 'in the place of event 9 stands the one written as 6' },
      ]);
    }));

  it('whose head was forged to hide a deleted tail is found out, now and after it went on', () =>
    chainOf(10, async ({ append, tamper, verify }) => {
      await tamper(sql`delete from audit_event where number > 8`);
      await tamper(sql`update audit_head set number = 8, hash = (select hash from audit_event where number = 8)`);
      expect((await verify()).problems).toMatchObject([{ kind: 'head_changed' }]);
      await append();
      expect((await verify()).problems).toMatchObject([{ kind: 'head_mismatch', number: 9 }]);
    }));

  it('whose head was taken away is found out', () =>
    chainOf(10, async ({ append, tamper, verify }) => {
      await tamper(sql`delete from audit_event where number > 8`);
      await tamper(sql`delete from audit_head`);
      expect((await verify()).problems).toMatchObject([{ kind: 'head_missing', number: 8 }]);
      await append();
      expect((await verify()).problems).toMatchObject([{ kind: 'head_mismatch', number: 9 }]);
    }));

  it('taken back with its head to an earlier state passes alone, and not against a noted end', () =>
    chainOf(10, async ({ append, tamper, verify }) => {
      await tamper(sql`create table old_head as select * from audit_head`);
      await append();
      await append();
      const { end } = await verify();
      await tamper(sql`delete from audit_event where number > 10`);
      await tamper(sql`update audit_head h set number = o.number, hash = o.hash, mac = o.mac from old_head o`);
      expect(await verify()).toMatchObject({ ok: true, events: 10 });
      expect((await verify(end ?? undefined)).problems).toMatchObject([
        { kind: 'not_as_noted', number: 12, message: expect.stringMatching(/is not there: the chain ends at 10$/) },
      ]);
    }));

  it('from before heads says that its end is not told, until its next event', () =>
    chainOf(5, async ({ append, tamper, verify }) => {
      await tamper(sql`update audit_head set hash = null, mac = null`);
      const report = await verify();
      expect(report.ok).toBe(true);
      expect(report.warnings).toEqual([expect.stringContaining('older than heads')]);
      await append();
      expect(await verify()).toMatchObject({ ok: true, events: 6, warnings: [] });
    }));

  it('read with another key fits nowhere, and says that the key may be wrong', () =>
    chainOf(150, async ({ verify }) => {
      const report = await verify(undefined, 'another key');
      expect(report).toMatchObject({ ok: false, problemCount: 151 });
      expect(report.problems).toHaveLength(100);
      expect(report.warnings).toEqual([expect.stringContaining('SLUICE_AUDIT_KEY')]);
    }));

  it('read with another key holds nobody else up, however much of it fits nowhere', () =>
    chainOf(300, async ({ verify }) => {
      let last = performance.now();
      let longest = 0;
      const note = () => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      };
      const ticks = setInterval(note, 5);
      await verify(undefined, 'another key');
      note();
      clearInterval(ticks);
      expect(longest).toBeLessThan(700);
    }));
});

it('the chain of a stack is verified and listed for admins alone', async () => {
  const stack = await useTestStack({ workers: 0 });
  const admin = stack.as('admin');
  await admin.keys.create.mutate({ person: 'ada', role: 'viewer' });
  const report = await admin.audit.verify.query({});
  expect(report).toMatchObject({ ok: true, events: 1, end: { number: 1 } });
  const anchor = `${report.end?.number}:${report.end?.hash}`;
  expect(await admin.audit.verify.query({ expect: anchor })).toMatchObject({ ok: true });
  expect(await admin.audit.verify.query({ expect: `1:${'0'.repeat(16)}` })).toMatchObject({ ok: false });
  expect(await admin.audit.list.query({})).toMatchObject([{ number: 1, actor: 'person:admin', verb: 'key.create' }]);
  expect((await refusalOf(stack.as('approver').audit.verify.query({}))).code).toBe('forbidden');
  expect((await refusalOf(stack.as('engineer').audit.list.query({}))).code).toBe('forbidden');
});
