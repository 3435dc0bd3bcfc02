/** Facts as people say them; others are named as they are. */
const EVENTS: Readonly<Record<string, string>> = {
  'alert.opened': 'an alert opens',
  'alert.resolved': 'an alert is over',
  'window.closed': 'a monitor has judged a window',
  'evaluation.finished': 'an evaluation is done',
  'pipeline.run.ended': 'a pipeline run ends',
  'pipeline.applied': 'a pipeline is applied',
  'rollout.decided': 'a rollout comes to its verdict',
  'dataset.version.created': 'a dataset has a new version',
  'predictions.settled': 'event time moves on',
  'traffic.changed': 'traffic changes',
};

export const eventWords = (type: string): string => EVENTS[type] ?? `${type} happens`;

const OPERATORS: Readonly<Record<string, string>> = {
  '==': 'is',
  '!=': 'is not',
  '>=': 'is at least',
  '<=': 'is at most',
  '>': 'is over',
  '<': 'is under',
  '&&': 'and',
  '||': 'or',
};

/** Texts, numbers, operators and dotted names; anything else is an expression that only its own language says well. */
const TOKEN = /"[^"]*"|'[^']*'|&&|\|\||[=!<>]=|[<>]|-?\d+(?:\.\d+)?|[A-Za-z_][\w.]*|\s+/gy;

/** A condition in words: `data.gain_low >= 0.02 && data.by != "releases"` is "the low end of its gain is at least 0.02 and by is not releases". */
export function conditionWords(expression: string): string {
  const words: string[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  for (let found = TOKEN.exec(expression); found; found = TOKEN.exec(expression)) {
    at = TOKEN.lastIndex;
    const [token] = found;
    if (token.trim() === '') continue;
    if (/^["']/.test(token)) words.push(token.slice(1, -1));
    else words.push(OPERATORS[token] ?? nameWords(token));
  }
  return at === expression.length ? words.join(' ') : expression;
}

const nameWords = (name: string): string => {
  if (!/^[A-Za-z_]/.test(name)) return name;
  const own = name.replace(/^(data|event)\./, '');
  const bound = /^(.+)_(low|high)$/.exec(own);
  if (bound) return `the ${bound[2]} end of its ${bound[1]?.replaceAll('_', ' ')}`;
  return own.replaceAll(/[._]/g, ' ');
};

/** A value that a rule takes from the fact it heard reads as "its model". */
export const templateWords = (text: string): string =>
  text.replaceAll(/\$\{(?:data|event)\.([\w.]+)\}/g, (_, name: string) => `its ${nameWords(name)}`);
