import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { Attributes } from '../../assignment/meets-conditions.ts';
import { attributesSchema, unitSchema } from '../../schema/contracts/traffic.ts';
import { SluiceError } from '../../schema/errors.ts';

/** What the headers of a call say about whose it is. */
export interface CallHeaders {
  unit: string | null;
  sessionStartedAtMs: number | undefined;
  attributes: Attributes | undefined;
  traceparent: string | undefined;
}

const momentSchema = z.union([z.iso.datetime({ offset: true }), z.string().regex(/^\d{1,15}$/)]);

/**
 * Reads `x-sluice-unit`, else `x-sluice-session`; `x-sluice-session-started` (ISO time or ms since 1970); `x-sluice-attributes` (a JSON
 * object); `traceparent`.
 * @param otherwise The unit when no header names one.
 * @throws {SluiceError} invalid_input naming the header
 */
export function readCallHeaders(headers: IncomingHttpHeaders, otherwise: unknown): CallHeaders {
  const given = headers['x-sluice-unit'] ?? headers['x-sluice-session'] ?? otherwise;
  const unit = given === undefined || given === null || given === '' ? null : given;
  // One that Postgres cannot hold would be an exposure that is lost, and lost ones hold the rollout: users choose such names.
  const read = unit === null ? null : unitSchema.safeParse(unit);
  if (read?.success === false) {
    throw wrong('the unit', read.error.issues[0]?.message ?? 'expected a text of 1 to 500 characters');
  }
  return {
    unit: read?.data ?? null,
    sessionStartedAtMs: readMoment(headers['x-sluice-session-started']),
    attributes: readAttributes(headers['x-sluice-attributes']),
    traceparent: typeof headers.traceparent === 'string' ? headers.traceparent : undefined,
  };
}

function readMoment(text: string | string[] | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { success, data } = momentSchema.safeParse(text);
  if (!success)
    throw wrong(
      'x-sluice-session-started',
      `found "${String(text).slice(0, 80)}", expected an ISO time or ms since 1970`,
    );
  return /^\d+$/.test(data) ? Number(data) : Date.parse(data);
}

function readAttributes(text: string | string[] | undefined): Attributes | undefined {
  if (text === undefined) return undefined;
  try {
    return attributesSchema.parse(JSON.parse(String(text)));
  } catch {
    throw wrong('x-sluice-attributes', 'expected a JSON object of texts, numbers and booleans');
  }
}

function wrong(path: string, problem: string): SluiceError {
  const message = `${path}: ${problem}`;
  return new SluiceError({ code: 'invalid_input', message, details: [{ path, message }] });
}
