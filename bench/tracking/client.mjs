// A client of MLflow's REST API with keep-alive connections, and loops that load a server with it.
import { Agent, request } from 'node:http';

export const CLIENTS = 20;

export class Client {
  #agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  #url;

  constructor(url) {
    this.#url = url;
  }

  post = (path, body) => this.#call('POST', path, JSON.stringify(body));
  get = (path) => this.#call('GET', path);

  /** The answer parsed when the caller wants it: parsing megabytes here would slow the load. */
  #call(method, path, text) {
    const headers =
      text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const url = `${this.#url}${path.startsWith('/ajax-api') ? '' : '/api/2.0/mlflow'}${path}`;
      const sent = request(url, { method, agent: this.#agent, headers }, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const body = Buffer.concat(chunks);
          if (answer.statusCode === 200) resolve({ json: () => JSON.parse(body.toString()) });
          else reject(new Error(`${method} ${path}: ${answer.statusCode} ${body.toString().slice(0, 300)}`));
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }

  close() {
    this.#agent.destroy();
  }
}

/**
 * Calls `operation(n)` from `CLIENTS` loops for `seconds`, and until at least one call of each has ended.
 * Throughput, latency in ms and CPU of the server's processes in ms per call.
 */
export async function load(server, operation, seconds, clients = CLIENTS) {
  const took = [];
  let failed = 0;
  let number = 0;
  const cpu = server.cpu();
  const databaseCpu = server.databaseCpu?.();
  const begun = performance.now();
  const until = begun + seconds * 1000;
  const loop = async (index) => {
    do {
      const sent = performance.now();
      try {
        await operation(number++, index);
        took.push(performance.now() - sent);
      } catch (error) {
        if (failed++ === 0) console.error(`${server.name}: ${error.message}`);
      }
    } while (performance.now() < until);
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => loop(index)));
  const elapsed = (performance.now() - begun) / 1000;
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN;
  return {
    calls: took.length,
    failed,
    per_s: took.length / elapsed,
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    cpu_ms: (server.cpu() - cpu) / Math.max(1, took.length),
    ...(server.databaseCpu
      ? { database_ms: (server.databaseCpu() - databaseCpu) / Math.max(1, took.length) }
      : {}),
  };
}
