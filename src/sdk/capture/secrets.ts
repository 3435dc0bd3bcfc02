import { MASK } from '../../domains/tracking/schema/capture.ts';

/** Names of options and variables whose value nobody else may read. */
const SECRET_NAME =
  /(^|[-_.])(api[-_]?key|access[-_]?key|private[-_]?key|auth|bearer|credentials?|pass(word|wd|phrase)?|pwd|secret|token|dsn|connection[-_]?string)([-_.]|$)|(token|secret|password)$/i;
/** Values that are keys of well-known kinds, whatever their name. */
const SECRET_VALUE =
  /^(ghp|gho|ghs|ghu|github_pat|glpat|sk|pk|rk|xox[abprs]|hf|npm|pypi|dop_v1|AIza|ya29)[-_.][\w.-]{16,}$|^(AKIA|ASIA)[A-Z0-9]{16}$|^eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*$|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Files that are never recorded, tracked or not. */
const SECRET_FILE =
  /(^|\/)(\.env(\..*)?|\.envrc|.*\.env|\.netrc|\.npmrc|\.pypirc|\.htpasswd|\.pgpass|id_(rsa|dsa|ecdsa|ed25519)(\..*)?|credentials(\..*)?|secrets?(\..*)?|.*\.(pem|key|p12|pfx|jks|keystore|kdbx))$/i;

export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);
export const isSecretFile = (path: string): boolean => SECRET_FILE.test(path);

/** Arguments with what looks like a secret masked, and the places where that was done. */
export function maskArguments(argv: readonly string[]): { argv: string[]; masked: number[] } {
  const masked: number[] = [];
  const shown = argv.map((argument, at) => {
    const given = /^(-{0,2}[\w.-]+)=(.*)$/s.exec(argument);
    const before = argv[at - 1] ?? '';
    const secret = given
      ? given[2] !== '' && (isSecretName(bare(given[1] ?? '')) || SECRET_VALUE.test(given[2] ?? ''))
      : SECRET_VALUE.test(argument) ||
        (at > 0 && !argument.startsWith('-') && /^--?[a-z]/i.test(before) && isSecretName(bare(before)));
    const plain = secret ? (given ? `${given[1]}=${MASK}` : MASK) : withoutCredentials(argument);
    if (plain !== argument) masked.push(at);
    return plain;
  });
  return { argv: shown, masked };
}

const bare = (option: string): string => option.replace(/^-+/, '');

/** Addresses in a text without the user and password that they carry. */
export const withoutCredentials = (text: string): string =>
  text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s@]*:?[^/\s@]*@/gi, (whole, scheme: string) =>
    /^ssh/i.test(scheme) && !whole.slice(scheme.length).includes(':') ? whole : scheme,
  );

/** A text without the values of variables that are secrets by their name. */
export function withoutValuesOf(environment: Record<string, string | undefined>, text: string): string {
  const values = Object.entries(environment)
    .filter(([name, value]) => value !== undefined && value.length >= 8 && isSecretName(name))
    .map(([, value]) => value as string)
    .sort((a, b) => b.length - a.length);
  return values.reduce((masked, value) => masked.replaceAll(value, MASK), text);
}
