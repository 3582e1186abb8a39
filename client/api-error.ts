import { type ErrorCode, type ErrorDetail, SluiceError } from '../schema/errors.ts';

/** What the API answered instead of a 2xx, as the error that was meant for the user. */
export async function apiError(response: Response): Promise<SluiceError> {
  const body = (await response.json().catch(() => null)) as {
    error?: { message?: string; data?: { sluice?: { code: ErrorCode; fix?: string; details?: ErrorDetail[] } } };
  } | null;
  const sluice = body?.error?.data?.sluice;
  if (sluice) return new SluiceError({ ...sluice, message: body?.error?.message ?? '' });
  return new SluiceError({
    code: 'unavailable',
    message: `what answers at ${response.url} is not a Sluice API: ${response.status}`,
    fix: 'Check SLUICE_URL.',
  });
}
