/**
 * The value of a `Content-Disposition` header for a file of this name, as MLflow writes it: a token or a quoted text in ASCII, and beside
 * it the whole name in UTF-8 where that is not enough (RFC 6266, RFC 8187).
 */
export function dispositionOf(disposition: 'attachment' | 'inline', path: string): string {
  // oxlint-disable-next-line no-control-regex
  const name = wellFormed(path.split('/').at(-1) || 'file').replace(/[\u0000-\u001f\u007f]/g, '_');
  if (isAscii(name)) return `${disposition}; filename=${quoted(name)}`;
  // oxlint-disable-next-line no-control-regex
  const plain = name.normalize('NFKD').replace(/[^\u0000-\u007f]/g, '') || 'download';
  return `${disposition}; filename=${quoted(plain)}; filename*=UTF-8''${encoded(name)}`;
}

// oxlint-disable-next-line no-control-regex
const isAscii = (text: string) => /^[\u0000-\u007f]*$/.test(text);
const wellFormed = (text: string) => Buffer.from(text).toString();

const quoted = (text: string) =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`;

/** What RFC 8187 calls `attr-char` stands as it is. */
const encoded = (text: string) =>
  encodeURIComponent(text)
    .replace(/[*'()]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%(23|24|26|2B|5E|60|7C)/g, (code) => decodeURIComponent(code));
