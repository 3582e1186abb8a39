import { setImmediate as turn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { AuditAnchor, AuditProblem, AuditReport } from '../../schema/contracts/audit.ts';
import type { Store } from '../open-database.ts';
import { headMismatchVerb } from './append-audit-event.ts';
import { auditHash, type ChainedEvent, sameBytes } from './audit-hash.ts';
import { type AuditHead, readAuditHead } from './read-audit-head.ts';

/** Hashed in one go: the API that verifies has other work, too. */
const pageRows = 250;
const maxProblems = 100;
/** How far from its place an event is looked for. */
const reorderWindow = 1_000;
/** Hashes computed before others get a turn. */
const turnEvery = 100;
/** Events that are looked for elsewhere. With a wrong key no event fits, and each look costs thousands of hashes. */
const maxSearches = 20;

interface ChainRow {
  event: ChainedEvent;
  previousHash: Uint8Array;
  hash: Uint8Array;
  /** Events are written to the millisecond: a finer time is not ours. */
  odd: boolean;
}

/**
 * Walks a project's whole audit chain, a page at a time, in one snapshot, and says where it is not what was written.
 * @param input.expect An end of the chain that was noted outside of the database.
 */
export async function verifyAuditChain(
  db: Store,
  input: { projectId: string; auditKey: string; expect?: AuditAnchor | undefined },
): Promise<AuditReport> {
  const { projectId, auditKey, expect } = input;
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      const walk = createWalk(auditKey, expect);
      for (let after = 0; ; ) {
        const page = await readPage(trx, projectId, after);
        for (const row of page) await walk.look(row);
        after = page.at(-1)?.event.number ?? after;
        if (page.length < pageRows) break;
      }
      return walk.end(await readAuditHead(trx, { projectId, auditKey }));
    });
}

async function readPage(trx: Store, projectId: string, after: number): Promise<ChainRow[]> {
  const rows = await trx
    .selectFrom('audit_event')
    .selectAll()
    .select(sql<boolean>`at <> date_trunc('milliseconds', at)`.as('odd'))
    .where('project_id', '=', projectId)
    .where('number', '>', String(after))
    .orderBy('number')
    .limit(pageRows)
    .execute();
  return rows.map(({ number, at, actor, verb, subject, detail, previous_hash, hash, odd }) => ({
    event: { projectId, number: Number(number), at, actor, verb, subject, detail: detail as ChainedEvent['detail'] },
    previousHash: previous_hash,
    hash,
    odd,
  }));
}

function createWalk(auditKey: string, expect: AuditAnchor | undefined) {
  const report: AuditReport = { ok: true, events: 0, problems: [], problemCount: 0, warnings: [], end: null };
  let last: ChainRow | null = null;
  /** The row before was bad itself: that the next one does not follow it says nothing new. */
  let lastWasBad = false;
  let changed = 0;
  let searches = 0;
  let noted: Uint8Array | null = null;
  const found = (kind: AuditProblem['kind'], number: number, at: Date | null, message: string) => {
    report.ok = false;
    report.problemCount += 1;
    if (report.problems.length < maxProblems) {
      report.problems.push({ kind, number, at: at?.toISOString() ?? null, message });
    }
  };

  const look = async (row: ChainRow): Promise<void> => {
    const { event } = row;
    const { number, at } = event;
    report.events += 1;
    if (number === expect?.number) noted = row.hash;
    const expected = (last?.event.number ?? 0) + 1;
    if (number > expected) {
      const which = number - 1 === expected ? `event ${expected} is` : `events ${expected} to ${number - 1} are`;
      found('missing', expected, last?.event.at ?? null, `${which} missing before ${describe(event)}`);
    }
    const previous = last?.hash ?? new Uint8Array(32);
    const intact = !row.odd && sameBytes(row.hash, auditHash(auditKey, row.previousHash, event));
    if (!intact) {
      searches += 1;
      const written = row.odd || searches > maxSearches ? null : await writtenAs(auditKey, row);
      if (written === null) {
        changed += 1;
        found('changed', number, at, `${describe(event)} is not what was written: its content or its hash was changed`);
      } else {
        found('reordered', number, at, `in the place of event ${number} stands the one written as ${written}`);
      }
    } else if (number === expected && !lastWasBad && !sameBytes(row.previousHash, previous)) {
      const before =
        last === null ? 'is the first, and one stood before it' : `does not follow event ${last.event.number}`;
      found('unlinked', number, at, `${describe(event)} ${before}: what it was chained to is another row`);
    } else if (event.verb === headMismatchVerb) {
      const message = `when ${describe(event)} was written, the chain did not end where its head said: ${JSON.stringify(event.detail)}`;
      found('head_mismatch', number, at, message);
    }
    lastWasBad = !intact;
    last = row;
  };

  const end = (head: AuditHead | null): AuditReport => {
    const number = last?.event.number ?? 0;
    const at = last?.event.at ?? null;
    if (last) report.end = { number, hash: hex(last.hash) };
    if (head === null) {
      if (last)
        found('head_missing', number, at, `the chain has ${report.events} events and no head: it was taken away`);
    } else if (head.state === 'none_yet') {
      if (head.number === number) {
        report.warnings.push(
          'The chain is older than heads: until its next event nothing tells whether its end is there.',
        );
      } else {
        found(
          'head_changed',
          number,
          at,
          `the head says that nothing came after event ${head.number}; the last is ${number}`,
        );
      }
    } else if (head.state === 'forged') {
      found('head_changed', number, at, 'the head was not written with this key: it was changed');
    } else if (head.number > number) {
      const which =
        head.number === number + 1 ? `event ${head.number} is` : `events ${number + 1} to ${head.number} are`;
      found('tail_missing', number + 1, at, `${which} missing at the end: the head names ${head.number} as the last`);
    } else if (head.number < number) {
      found('head_changed', number, at, `the head names event ${head.number} as the last, and ${number} is there`);
    } else if (last && !sameBytes(head.hash, last.hash)) {
      found('changed', number, at, `${describe(last.event)} is not the one that the head names`);
    }
    if (expect) checkNoted(expect, number, at);
    if (changed > 1 && changed === report.events) {
      report.warnings.push('No event fits: is SLUICE_AUDIT_KEY the key that they were written with?');
    }
    return report;
  };

  const checkNoted = (anchor: AuditAnchor, number: number, at: Date | null) => {
    if (noted !== null && hex(noted).startsWith(anchor.hash)) return;
    const message =
      noted === null
        ? `event ${anchor.number} was noted with hash ${anchor.hash} and is not there: the chain ends at ${number}`
        : `event ${anchor.number} was noted with hash ${anchor.hash}, and has ${hex(noted).slice(0, anchor.hash.length)}`;
    found('not_as_noted', anchor.number, at, message);
  };

  return { look, end };
}

/** The number under which an event fits its hash, when that is near and not its own. */
async function writtenAs(auditKey: string, { event, previousHash, hash }: ChainRow): Promise<number | null> {
  for (let distance = 1; distance <= reorderWindow; distance += 1) {
    if (distance % turnEvery === 0) await turn();
    for (const number of [event.number - distance, event.number + distance]) {
      if (number > 0 && sameBytes(hash, auditHash(auditKey, previousHash, { ...event, number }))) return number;
    }
  }
  return null;
}

function describe({ number, verb, subject, actor, at }: ChainedEvent): string {
  return `event ${number} (${verb} of ${subject} by ${actor}, ${at.toISOString()})`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
