export type PreviewKind = 'image' | 'table' | 'json' | 'markdown' | 'notebook' | 'html' | 'text' | 'none';

const KINDS: Readonly<Record<string, PreviewKind>> = {
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  gif: 'image',
  webp: 'image',
  csv: 'table',
  tsv: 'table',
  json: 'json',
  geojson: 'json',
  md: 'markdown',
  markdown: 'markdown',
  ipynb: 'notebook',
  html: 'html',
  htm: 'html',
};
const TEXT =
  /\.(txt|log|ya?ml|jsonl|cfg|conf|py|r|js|ts|sql|xml|svg|toml|ini|sh|lock)$|(^|\/)(MLmodel|Dockerfile|README|LICENSE|[\w-]*requirements[\w-]*)$/i;

/** More is not loaded into a page. */
export const MOST_BYTES = 5_000_000;

/** How a file is shown, by its name. SVG is text: as a picture it could hold a script. */
export function previewKind(path: string, bytes: number): PreviewKind {
  if (bytes > MOST_BYTES) return 'none';
  const kind = KINDS[path.split('.').at(-1)?.toLowerCase() ?? ''];
  return kind ?? (TEXT.test(path) ? 'text' : 'none');
}

/** Rows of comma-separated text (RFC 4180), at most `most`. */
export function readCsv(text: string, comma: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    cell = '';
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length && rows.length < most; at++) {
    const letter = text[at] as string;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') cell += text[at++];
      else quoted = false;
    } else if (letter === '"' && cell === '') quoted = true;
    else if (letter === comma) {
      row.push(cell);
      cell = '';
    } else if (letter === '\n') endRow();
    else if (letter !== '\r' || text[at + 1] !== '\n') cell += letter;
  }
  if (rows.length < most && (cell !== '' || row.length > 0)) endRow();
  return rows;
}

export interface NotebookCell {
  kind: 'markdown' | 'code';
  text: string;
  outputs: { kind: 'text' | 'image'; data: string }[];
}

/** Cells of a Jupyter notebook with outputs that are text or PNG; undefined for a file that is none. */
export function readNotebook(text: string): NotebookCell[] | undefined {
  try {
    const { cells } = JSON.parse(text) as { cells?: RawCell[] };
    return cells?.map((cell) => ({
      kind: cell.cell_type === 'markdown' ? 'markdown' : 'code',
      text: joined(cell.source),
      outputs: (cell.outputs ?? []).flatMap(outputOf),
    }));
  } catch {
    return undefined;
  }
}

type Lines = string | string[] | undefined;
interface RawCell {
  cell_type?: string;
  source?: Lines;
  outputs?: { text?: Lines; traceback?: string[]; data?: Record<string, Lines> }[];
}

const joined = (lines: Lines): string => (Array.isArray(lines) ? lines.join('') : (lines ?? ''));

function outputOf(output: NonNullable<RawCell['outputs']>[number]): NotebookCell['outputs'] {
  const png = joined(output.data?.['image/png']).replaceAll('\n', '');
  if (/^[A-Za-z0-9+/=]+$/.test(png)) return [{ kind: 'image', data: `data:image/png;base64,${png}` }];
  const text =
    joined(output.text) || joined(output.data?.['text/plain']) || (output.traceback ?? []).join('\n');
  // oxlint-disable-next-line no-control-regex -- colours of a terminal
  return text ? [{ kind: 'text', data: text.replace(/\u001b\[[0-9;]*m/g, '') }] : [];
}

/** What an HTML file may do in its frame: show itself. No script, no request, no form, whatever else it says. */
export const framed = (html: string): string =>
  `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'">${html}`;
