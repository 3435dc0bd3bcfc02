/** JSON as Python's `json.dumps` writes it, for clients compare the text; a number with a fraction of none is `1.0`, as floats are. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (value !== null && typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, each]) => `${pythonText(key)}: ${pythonJson(each)}`)
      .join(', ')}}`;
  if (typeof value === 'string') return pythonText(value);
  return typeof value === 'number' && Number.isInteger(value) ? value.toFixed(1) : JSON.stringify(value);
}

/** In ASCII. */
export const pythonText = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
