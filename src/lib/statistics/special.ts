/**
 * Special functions and the tails of the usual distributions, in double precision.
 * Both tails are computed directly, so a p-value of 1e-200 is a number and not `1 - cdf = 0`.
 * Sources: Lanczos approximation (g = 7); Abramowitz and Stegun 6.5, 26.5; Wichura, AS 241 (normal quantile).
 */

/** Natural logarithm of |Γ(x)|. */
export function lgamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(1 - x);
  const shifted = x - 1;
  let sum = LANCZOS[0] as number;
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] as number) / (shifted + i);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** ln B(a, b). Large arguments go through Stirling's series, because a difference of log-gammas would lose digits. */
export function lbeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (small < 10) return lgamma(a) + lgamma(b) - lgamma(a + b);
  const share = small / (small + large);
  const rest = stirlingRest(small) + stirlingRest(large) - stirlingRest(small + large);
  const size = (small - 0.5) * Math.log(share) + large * Math.log1p(-share);
  return 0.5 * Math.log((2 * Math.PI) / large) + rest + size;
}

/** Regularised lower incomplete gamma function P(a, x). */
export const gammaP = (a: number, x: number): number => gammaTails(a, x).lower;

/** Regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x), exact in the far tail. */
export const gammaQ = (a: number, x: number): number => gammaTails(a, x).upper;

/** Distribution function of Beta(a, b): the regularised incomplete beta function I_x(a, b). */
export const betaCdf = (x: number, a: number, b: number): number => betaTails(x, a, b).lower;

/** Upper tail of Beta(a, b). */
export const betaSf = (x: number, a: number, b: number): number => betaTails(x, a, b).upper;

/** The x with betaCdf(x, a, b) = p. */
export const betaQuantile = (p: number, a: number, b: number): number => {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  return p <= 0.5 ? bisect((x) => betaCdf(x, a, b) - p, 0, 1) : bisect((x) => 1 - p - betaSf(x, a, b), 0, 1);
};

export const normalCdf = (z: number): number => (z < 0 ? normalTail(-z) : 1 - normalTail(z));

/** Upper tail of the standard normal distribution. */
export const normalSf = (z: number): number => normalCdf(-z);

/** The z with normalCdf(z) = p. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(WICHURA.a, r)) / polynomial(WICHURA.b, r);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const size =
    r <= 5
      ? polynomial(WICHURA.c, r - 1.6) / polynomial(WICHURA.d, r - 1.6)
      : polynomial(WICHURA.e, r - 5) / polynomial(WICHURA.f, r - 5);
  return q < 0 ? -size : size;
}

/** Two-sided normal multiplier of a confidence level: 0.95 gives 1.96. */
export const normalMultiplier = (confidence: number): number => -normalQuantile((1 - confidence) / 2);

/** Upper tail of Student's t with `df` degrees of freedom (which need not be whole). */
export function tSf(t: number, df: number): number {
  const tail = betaTails(df / (df + t * t), df / 2, 0.5).lower / 2;
  return t >= 0 ? tail : 1 - tail;
}

/** The t with tSf(t, df) = p. */
export function tIsf(p: number, df: number): number {
  if (p > 0.5) return -tIsf(1 - p, df);
  return invertTail((t) => tSf(t, df), p);
}

/** Upper tail of the chi-square distribution. */
export const chi2Sf = (x: number, df: number): number => gammaQ(df / 2, x / 2);

/** The x with chi2Sf(x, df) = p. */
export const chi2Isf = (p: number, df: number): number => invertTail((x) => chi2Sf(x, df), p);

/** Upper tail of the F distribution. */
export const fSf = (x: number, df1: number, df2: number): number =>
  x <= 0 ? 1 : betaTails(df2 / (df2 + df1 * x), df2 / 2, df1 / 2).lower;

/** The x with fSf(x, df1, df2) = p. */
export const fIsf = (p: number, df1: number, df2: number): number => invertTail((x) => fSf(x, df1, df2), p);

/** Upper tail of the Kolmogorov distribution: the limit of P(sqrt(nm / (n + m)) · D ≥ x). */
export function kolmogorovSf(x: number): number {
  if (x <= 0) return 1;
  let sum = 0;
  if (x < 1) {
    for (let k = 1; k <= 20; k++) sum += Math.exp((-((2 * k - 1) ** 2) * Math.PI ** 2) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  for (let k = 1; k <= 20; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return sum;
}

/** ln of the upper tail of Beta(a, b), finite where the tail itself underflows to 0. */
export function logBetaSf(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return Number.NEGATIVE_INFINITY;
  if (x < (a + 1) / (a + b + 2)) return Math.log(betaTails(x, a, b).upper);
  return logBetaFront(x, a, b) + Math.log(betaFraction(b, a, 1 - x) / b);
}

interface Tails {
  lower: number;
  upper: number;
}

const EPSILON = 1e-16;
const TINY = 1e-300;
const MAX_TERMS = 20_000;

const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
  12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

const WICHURA = {
  a: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
    67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  b: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852855,
  ],
  c: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.24178072517745061, 0.022723844989269184, 7.745450142783414e-4,
  ],
  d: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    5.475938084995345e-4, 1.0507500716444169e-9,
  ],
  e: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  f: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 7.868691311456133e-4,
    1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

/** lnΓ(x) minus its Stirling approximation, to 1e-15 for x ≥ 10. */
function stirlingRest(x: number): number {
  const y = 1 / (x * x);
  return (
    (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - (y * 691) / 360_360))))) / x
  );
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + (coefficients[i] as number);
  return sum;
}

/** P(Z > z) for z ≥ 0, through Q(1/2, z²/2). */
const normalTail = (z: number): number => gammaTails(0.5, (z * z) / 2).upper / 2;

function gammaTails(a: number, x: number): Tails {
  if (Number.isNaN(x) || Number.isNaN(a)) return { lower: Number.NaN, upper: Number.NaN };
  if (x <= 0) return { lower: 0, upper: 1 };
  if (x === Number.POSITIVE_INFINITY) return { lower: 1, upper: 0 };
  const front = Math.exp(-x + a * Math.log(x) - lgamma(a));
  if (x < a + 1) {
    const lower = front * gammaSeries(a, x);
    return { lower, upper: 1 - lower };
  }
  const upper = front * gammaFraction(a, x);
  return { lower: 1 - upper, upper };
}

function gammaSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = a + 1; n < a + MAX_TERMS; n++) {
    term *= x / n;
    sum += term;
    if (term < sum * EPSILON) break;
  }
  return sum;
}

/** Continued fraction of Q(a, x), evaluated by Lentz's method. */
function gammaFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < MAX_TERMS; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / nonZero(an * d + b);
    c = nonZero(b + an / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < EPSILON) break;
  }
  return h;
}

function betaTails(x: number, a: number, b: number): Tails {
  if (Number.isNaN(x)) return { lower: Number.NaN, upper: Number.NaN };
  if (x <= 0) return { lower: 0, upper: 1 };
  if (x >= 1) return { lower: 1, upper: 0 };
  const front = Math.exp(logBetaFront(x, a, b));
  if (x < (a + 1) / (a + b + 2)) {
    const lower = (front * betaFraction(a, b, x)) / a;
    return { lower, upper: 1 - lower };
  }
  const upper = (front * betaFraction(b, a, 1 - x)) / b;
  return { lower: 1 - upper, upper };
}

const logBetaFront = (x: number, a: number, b: number): number =>
  a * Math.log(x) + b * Math.log1p(-x) - lbeta(a, b);

/** Continued fraction of I_x(a, b), evaluated by Lentz's method. */
function betaFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; m < MAX_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a - 1 + 2 * m) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 1 + 2 * m));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    h *= d * c;
    if (Math.abs(d * c - 1) < EPSILON) break;
  }
  return h;
}

const nonZero = (x: number): number => (Math.abs(x) < TINY ? TINY : x);

/** The x ≥ 0 at which a falling upper tail equals p. */
function invertTail(tail: (x: number) => number, p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.POSITIVE_INFINITY;
  if (p >= tail(0)) return 0;
  let high = 1;
  while (tail(high) > p && high < Number.MAX_VALUE / 2) high *= 2;
  return bisect((x) => p - tail(x), 0, high);
}

/** Root of a rising function, to the last bit. */
function bisect(rising: (x: number) => number, from: number, to: number): number {
  let low = from;
  let high = to;
  for (let i = 0; i < 1100; i++) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return low + (high - low) / 2;
}
