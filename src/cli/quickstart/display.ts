import { humanDuration } from '../../lib/time.ts';

export interface StageHandle {
  progress(text: string, part?: number): void;
}

/** Progress that never stands still for two seconds: one moving line on a terminal, a line every second elsewhere. */
export interface Display {
  stage<T>(title: string, work: (stage: StageHandle) => Promise<T>): Promise<T>;
  note(text: string): void;
}

const FRAMES = ['◐', '◓', '◑', '◒'];

export function createDisplay(out: NodeJS.WriteStream): Display {
  const live = out.isTTY === true;
  const note = (text: string) => void out.write(`${live ? '\r\u001b[2K' : ''}${text}\n`);
  return {
    note,
    async stage(title, work) {
      const started = Date.now();
      let text = '';
      let frame = 0;
      const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
      const show = () => {
        if (live) {
          const line = `${FRAMES[frame++ % FRAMES.length]} ${title}  ${seconds()}  ${text}`;
          out.write(`\r\u001b[2K${line.slice(0, (out.columns ?? 100) - 1)}`);
        } else {
          out.write(`  … ${title}, ${seconds()}${text ? `: ${text}` : ''}\n`);
        }
      };
      const timer = setInterval(show, live ? 120 : 1000);
      try {
        const result = await work({
          progress(next, part) {
            text = part === undefined ? next : `${next} (${Math.round(part * 100)}%)`;
          },
        });
        note(`✓ ${title}  (${humanDuration(Date.now() - started)})`);
        return result;
      } catch (error) {
        note(`✗ ${title}  (${humanDuration(Date.now() - started)})`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}
