import { lbeta, logBetaSf } from './special.ts';

/**
 * Guardrails for rare bad events (errors, time-outs), exact at any count and safe under continuous looking.
 *
 * Each trial is a Bernoulli outcome whose chance is at most `limit` if the guardrail holds. The evidence is the
 * likelihood ratio against `limit`, mixed over a Beta prior cut to (limit, 1]. Every ratio of the mixture is a
 * supermartingale for all chances ≤ limit, so by Ville's inequality e ≥ 1/alpha happens with chance ≤ alpha, ever.
 * Sources: Robbins 1970 (mixture likelihood ratios); Lindon and Malek, arXiv 2011.03567 (counts in experiments);
 * Waudby-Smith and Ramdas, arXiv 2010.09686 (the same bet as a test by betting).
 */
export interface GuardrailEvidence {
  /** Evidence that the limit is exceeded. */
  e: number;
  p: number;
  exceeded: boolean;
}

/** Evidence that events happen more often than `limit` per trial. */
export function eventRateAbove(
  events: number,
  trials: number,
  limit: number,
  alpha = 0.05,
): GuardrailEvidence {
  // Beta(1, 1/limit) cut at the limit: excesses of the order of the limit itself are the ones expected.
  return truncatedBetaEvidence(events, trials - events, limit, { a: 1, b: Math.max(1, 1 / limit) }, alpha);
}

/**
 * Evidence that the candidate's event rate is more than `ratio` times the champion's, when each unit was sent to the
 * candidate with probability `share`. Only events count: under the limit an event is the candidate's with chance at most
 * share·ratio / (share·ratio + 1 - share), whatever the base rate, so nothing is approximated.
 * Paired shadow rows: pass the rows where exactly one arm failed, with share 0.5.
 */
export function eventRatioAbove(
  events: { champion: number; candidate: number },
  share: number,
  ratio = 1,
  alpha = 0.05,
): GuardrailEvidence {
  const limit = (share * ratio) / (share * ratio + 1 - share);
  return truncatedBetaEvidence(events.candidate, events.champion, limit, { a: 1, b: 1 }, alpha);
}

function truncatedBetaEvidence(
  hits: number,
  misses: number,
  limit: number,
  prior: { a: number; b: number },
  alpha: number,
): GuardrailEvidence {
  const a = prior.a + hits;
  const b = prior.b + misses;
  const mixture =
    lbeta(a, b) + logBetaSf(limit, a, b) - lbeta(prior.a, prior.b) - logBetaSf(limit, prior.a, prior.b);
  const e = Math.exp(mixture - hits * Math.log(limit) - misses * Math.log1p(-limit));
  return { e, p: Math.min(1, 1 / e), exceeded: e >= 1 / alpha };
}
