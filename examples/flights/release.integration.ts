import { describe, expect, it } from 'vitest';
import { Rondo } from 'rondo';
import { ENDPOINT, MODEL } from './platform.ts';

const rondo = new Rondo({ project: 'flights' });
const FLIGHT = {
  flight: 'ORD-DEN-20010615T1200',
  departed_at: '2001-06-15T17:00:00Z',
  date: '2001-06-15T12:00:00Z',
  origin: 'ORD',
  destination: 'DEN',
  distance: 888,
};

async function ask(record: Partial<typeof FLIGHT>): Promise<{ status: number; id: string; answer: number }> {
  const { gateway } = await rondo.server.getStatus({});
  const response = await fetch(`${gateway}/endpoints/${ENDPOINT}/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_records: [record] }),
  });
  const { predictions = [] } = (await response.json()) as {
    predictions?: (number | { probability: number })[];
  };
  const [first] = predictions;
  return {
    status: response.status,
    id: response.headers.get('x-rondo-prediction-id') ?? '',
    answer: typeof first === 'object' ? first.probability : Number(first),
  };
}

async function live() {
  const { endpoint } = await rondo.serving.getEndpoint({ params: { endpoint: ENDPOINT } });
  return endpoint.arms.find((arm) => arm.arm === 'champion');
}

describe('the released model', () => {
  it('answers a flight with a probability, and one between unknown airports too', async () => {
    for (const record of [FLIGHT, { ...FLIGHT, origin: 'ZZ1', destination: 'ZZ2' }]) {
      const { status, answer } = await ask(record);
      expect(status).toBe(200);
      expect(answer).toBeGreaterThan(0);
      expect(answer).toBeLessThan(1);
    }
  });

  it('refuses a flight without its departure', async () => {
    const { departed_at: _, ...rest } = FLIGHT;
    expect((await ask(rest)).status).toBe(400);
  });

  it('can be traced from an answer to the file of flights', async () => {
    const { id } = await ask(FLIGHT);
    const query = { of: id, direction: 'up', limit: 1000 };
    const { gaps, nodes, truncated } = await rondo.lineage.walkLineage({ query } as never);
    expect({ gaps, truncated }).toEqual({ gaps: [], truncated: false });
    expect(nodes.map((node) => node.title)).toContain('flights-3m.parquet');
  });

  it('came into production through gates that all held', async () => {
    const champion = await live();
    const { promotions } = await rondo.releases.listPromotions({ query: { model: MODEL } });
    const promotion = promotions.find(
      (each) => each.environment === 'prod' && each.version === champion?.version && each.state === 'done',
    );
    expect(promotion?.gates.length).toBeGreaterThan(0);
    expect(promotion?.gates.filter((gate) => gate.state === 'failed')).toEqual([]);
  });
});
