import { invalid } from '../../../lib/errors.ts';
import { FeedbackRequest } from '../schema/route.ts';
import { parseJson } from './json.ts';
import { logFull, type PredictionLog } from './log.ts';

/**
 * Stores feedback; settles when it is on disk. 400 for a bad body, 503 when the log cannot take it. `assertMay` throws for
 * endpoints whose truth the caller may not tell, and then nothing is stored.
 */
export async function acceptFeedback(
  body: Buffer,
  log: PredictionLog,
  assertMay: (endpoint: string) => void = () => {},
): Promise<number> {
  const parsed = FeedbackRequest.safeParse(parseJson(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(
      `The feedback is not usable: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`,
      'Send {"feedback":[{"prediction_id":"…","label":…,"observed_at":"…"}]}.',
    );
  }
  const endpoints = parsed.data.feedback.map(({ prediction_id }) => prediction_id.split('.')[0] ?? '');
  for (const endpoint of new Set(endpoints)) assertMay(endpoint);
  const now = Date.now();
  const lines = parsed.data.feedback.map(
    ({ prediction_id, label, observed_at }) =>
      `${JSON.stringify({ kind: 'feedback', prediction_id, label, observed_at: observed_at ?? now, wall_time: now })}\n`,
  );
  if (!log.append(lines.join(''))) throw logFull();
  await log.commit();
  return parsed.data.feedback.length;
}
