import { SluiceError } from '../../schema/errors.ts';

const labels: Record<string, number> = {
  up: 1,
  down: 0,
  thumbs_up: 1,
  thumbs_down: 0,
  '👍': 1,
  '👎': 0,
  positive: 1,
  negative: 0,
  true: 1,
  false: 0,
};

/** What a score or a label counts as: the score where there is one, else 1 or 0 for a label that is known. @throws {SluiceError} invalid_input */
export function valueOfFeedback(feedback: {
  score?: number | boolean | undefined;
  label?: string | undefined;
}): number {
  if (feedback.score !== undefined) return Number(feedback.score);
  const value = labels[(feedback.label ?? '').trim().toLowerCase()];
  if (value !== undefined) return value;
  throw new SluiceError({
    code: 'invalid_input',
    message: `label: "${feedback.label}" says nothing that can be counted, expected one of up, down, positive, negative, true, false`,
    fix: 'Send a numeric score beside it: {"label": "mostly right", "score": 0.8}.',
  });
}
