// A keep-alive HTTP load generator on raw sockets: `connections` requests are always in flight, each answer starts the next.
import net from 'node:net';

/** Sends `payload()` bytes until `seconds` are over; returns requests, errors and latency quantiles in milliseconds. */
export async function load({ port, host = '127.0.0.1', connections, seconds, payload }) {
  const latencies = [];
  let done = 0;
  let errors = 0;
  let over = false;
  const started = performance.now();
  const until = started + seconds * 1000;
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise((resolve) => {
          const socket = net.connect({ port, host, noDelay: true });
          let sent = 0;
          let rest = '';
          const next = () => {
            if (over || performance.now() > until) {
              over = true;
              socket.destroy();
              resolve();
              return;
            }
            sent = performance.now();
            socket.write(payload());
          };
          socket.setEncoding('latin1');
          socket.on('connect', next);
          socket.on('error', () => {
            errors++;
            resolve();
          });
          socket.on('data', (text) => {
            rest = rest === '' ? text : rest + text;
            const head = rest.indexOf('\r\n\r\n');
            if (head < 0) return;
            const at = rest.search(/content-length: /i);
            const length = Number(rest.slice(at + 16, rest.indexOf('\r\n', at)));
            if (rest.length < head + 4 + length) return;
            if (!rest.startsWith('HTTP/1.1 200')) errors++;
            done++;
            latencies.push(performance.now() - sent);
            rest = '';
            next();
          });
        }),
    ),
  );
  const wall = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (q) => latencies[Math.min(latencies.length - 1, Math.floor(q * latencies.length))] ?? 0;
  return { requests: done, errors, perSecond: done / wall, p50: at(0.5), p99: at(0.99) };
}

/** One POST request as bytes. */
export const post = (path, body) =>
  `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
