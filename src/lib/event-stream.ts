/** One event of a `text/event-stream` answer. */
export interface StreamEvent {
  id?: string;
  type: string;
  data: string;
}

/** A parser fed with pieces of text in any cut; returns the events that each piece completed (WHATWG server-sent events). */
export function eventParser(): (piece: string) => StreamEvent[] {
  let rest = '';
  let id: string | undefined;
  let type = '';
  let data: string[] = [];
  const field = (line: string, out: StreamEvent[]) => {
    if (line === '') {
      if (data.length) out.push({ id, type: type || 'message', data: data.join('\n') });
      type = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') data.push(value);
    else if (name === 'event') type = value;
    else if (name === 'id' && !value.includes('\0')) id = value;
  };
  return (piece) => {
    const out: StreamEvent[] = [];
    rest += piece;
    let end = lineEnd(rest);
    while (end) {
      field(rest.slice(0, end.at), out);
      rest = rest.slice(end.at + end.length);
      end = lineEnd(rest);
    }
    return out;
  };
}

/** The next line end; a CR at the very end waits for the LF that may follow. */
function lineEnd(text: string): { at: number; length: number } | undefined {
  const at = text.search(/[\r\n]/);
  if (at < 0) return undefined;
  if (text[at] === '\n') return { at, length: 1 };
  if (at === text.length - 1) return undefined;
  return { at, length: text[at + 1] === '\n' ? 2 : 1 };
}
