import type { FeedbackPort } from '../domains/serving/routes.ts';
import { AppError, type Fault } from '../lib/errors.ts';

/** Feedback that comes to the server goes on to the gateway, which makes it durable before it answers. */
export const forwardFeedback =
  (gatewayUrl: () => string, token: string): FeedbackPort =>
  async (body) => {
    const response = await fetch(`${gatewayUrl()}/api/v1/feedback`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Partial<Fault> & { accepted?: number };
    if (response.ok) return { accepted: answer.accepted ?? body.feedback.length };
    throw new AppError(
      { code: answer.code ?? 'INVALID', status: response.status },
      answer.message ?? 'The gateway refused the feedback.',
      { hint: answer.hint },
    );
  };
