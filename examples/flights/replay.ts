import { Agent, request } from 'node:http';
import type { Flight } from './world.ts';

const CONCURRENCY = 64;
const FEEDBACK_BATCH = 2000;

export interface Answered {
  flight: Flight;
  prediction: string;
}

export interface Sent {
  answered: Answered[];
  failed: number;
}

/** Sends each flight as one live request, 64 at a time; the idempotency key makes a repeated replay harmless. */
export async function askAll(
  gateway: string,
  endpoint: string,
  flights: readonly Flight[],
  onProgress: (done: number) => void,
): Promise<Sent> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  const answered: Answered[] = [];
  let failed = 0;
  let next = 0;
  const worker = async () => {
    while (next < flights.length) {
      const flight = flights[next++] as Flight;
      const prediction = await ask(agent, gateway, endpoint, flight);
      if (prediction === undefined) failed++;
      else answered.push({ flight, prediction });
      if (next % 500 === 0) onProgress(next);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  agent.destroy();
  return { answered, failed };
}

const RETRIES = 40;

/** The prediction's id; undefined when it was refused. A gateway that is being restarted is asked again. */
async function ask(
  agent: Agent,
  gateway: string,
  endpoint: string,
  flight: Flight,
): Promise<string | undefined> {
  const { flight: id, date, departed_at, origin, destination, distance } = flight;
  const body = JSON.stringify({
    dataframe_records: [{ flight: id, date, departed_at, origin, destination, distance }],
  });
  for (let attempt = 0; ; attempt++) {
    try {
      const { status, prediction } = await post(agent, `${gateway}/endpoints/${endpoint}/invocations`, body, {
        'idempotency-key': `flight-${id}`,
      });
      if (status === 200 && prediction !== undefined) return prediction;
      if (status < 500 && status !== 429) return undefined;
    } catch (error) {
      if (attempt >= RETRIES) throw error;
    }
    if (attempt >= RETRIES) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 50 + 50 * attempt));
  }
}

/** Tells the truth about flights that have landed, with the time at which it was known. */
export async function tellTruth(gateway: string, landed: readonly Answered[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  for (let start = 0; start < landed.length; start += FEEDBACK_BATCH) {
    const feedback = landed.slice(start, start + FEEDBACK_BATCH).map(({ flight, prediction }) => ({
      prediction_id: prediction,
      label: flight.late,
      observed_at: flight.landed_at,
    }));
    for (let attempt = 0; ; attempt++) {
      const status = await post(agent, `${gateway}/api/v1/feedback`, JSON.stringify({ feedback }), {}).then(
        (answer) => answer.status,
        () => 503,
      );
      if (status === 200) break;
      if (status < 500 || attempt >= RETRIES) throw new Error(`Feedback was refused with status ${status}.`);
      await new Promise((resolve) => setTimeout(resolve, 50 + 50 * attempt));
    }
  }
  agent.destroy();
}

function post(
  agent: Agent,
  url: string,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number; prediction: string | undefined }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
      },
      (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => {
          const id = response.headers['x-rondo-prediction-id'];
          resolve({ status: response.statusCode ?? 0, prediction: typeof id === 'string' ? id : undefined });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
