import { AppError } from '../lib/errors.ts';

const TYPED_ENOUGH = 4096;

/** Asks on the terminal without echo; without a terminal, takes what standard input holds. */
export async function askSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    const chunks: Buffer[] = [];
    for await (const chunk of stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  try {
    let typed = '';
    for await (const text of stdin as AsyncIterable<string>) {
      for (const character of text) {
        if (character === '\r' || character === '\n') return typed;
        if (character === '\u0003')
          throw new AppError({ code: 'GIVEN_UP', status: 400 }, 'Nothing was sent.');
        if (character === '\u007f' || character === '\b') typed = Array.from(typed).slice(0, -1).join('');
        else if (character >= ' ' && typed.length < TYPED_ENOUGH) typed += character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
