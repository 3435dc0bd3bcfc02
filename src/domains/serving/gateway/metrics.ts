/** Upper bounds of the latency buckets, seconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export class Histogram {
  readonly counts = [...BOUNDS, Infinity].map(() => 0);
  sum = 0;
  count = 0;

  observe(seconds: number): void {
    let i = 0;
    while (i < BOUNDS.length && seconds > (BOUNDS[i] as number)) i++;
    this.counts[i] = (this.counts[i] as number) + 1;
    this.sum += seconds;
    this.count++;
  }
}

export interface EndpointMetrics {
  latency: Histogram;
  /** Answers by HTTP status. */
  statuses: Map<number, number>;
}

export interface DeploymentMetrics {
  rows: number;
  batches: number;
  unlogged: number;
  shadowSkipped: number;
}

/** Counters of one gateway worker. Kept as plain numbers: they are on the path of every request. */
export class Metrics {
  private readonly endpoints = new Map<string, EndpointMetrics>();
  private readonly deployments = new Map<string, DeploymentMetrics>();
  feedback = 0;

  endpoint(name: string): EndpointMetrics {
    let found = this.endpoints.get(name);
    if (!found) this.endpoints.set(name, (found = { latency: new Histogram(), statuses: new Map() }));
    return found;
  }

  deployment(endpoint: string, id: number): DeploymentMetrics {
    const name = `endpoint="${endpoint}",deployment="${id}"`;
    let found = this.deployments.get(name);
    if (!found) this.deployments.set(name, (found = { rows: 0, batches: 0, unlogged: 0, shadowSkipped: 0 }));
    return found;
  }

  /** Prometheus text format. `gauges`: values read at this moment. */
  render(gauges: Record<string, number>): string {
    const lines: string[] = [];
    const family = (name: string, kind: string, help: string) =>
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`);
    family('rondo_gateway_requests_total', 'counter', 'Inference requests by endpoint and HTTP status.');
    for (const [name, { statuses }] of this.endpoints) {
      for (const [status, count] of statuses)
        lines.push(`rondo_gateway_requests_total{endpoint="${name}",status="${status}"} ${count}`);
    }
    family('rondo_gateway_request_seconds', 'histogram', 'Time from the whole request to its answer.');
    for (const [name, { latency }] of this.endpoints) {
      let total = 0;
      BOUNDS.forEach((bound, i) => {
        total += latency.counts[i] as number;
        lines.push(`rondo_gateway_request_seconds_bucket{endpoint="${name}",le="${bound}"} ${total}`);
      });
      lines.push(
        `rondo_gateway_request_seconds_bucket{endpoint="${name}",le="+Inf"} ${latency.count}`,
        `rondo_gateway_request_seconds_sum{endpoint="${name}"} ${latency.sum}`,
        `rondo_gateway_request_seconds_count{endpoint="${name}"} ${latency.count}`,
      );
    }
    const counters: [keyof DeploymentMetrics, string, string][] = [
      ['rows', 'rondo_gateway_rows_total', 'Rows scored, shadows included.'],
      ['batches', 'rondo_gateway_batches_total', 'Micro-batches run.'],
      ['unlogged', 'rondo_gateway_unlogged_total', 'Predictions answered without a line in the log.'],
      [
        'shadowSkipped',
        'rondo_gateway_shadow_skipped_total',
        'Shadow rows skipped because the queue was full or their vector failed.',
      ],
    ];
    for (const [field, name, help] of counters) {
      family(name, 'counter', help);
      for (const [labels, values] of this.deployments) lines.push(`${name}{${labels}} ${values[field]}`);
    }
    family('rondo_gateway_feedback_total', 'counter', 'Feedback records accepted.');
    lines.push(`rondo_gateway_feedback_total ${this.feedback}`);
    for (const [name, value] of Object.entries(gauges)) {
      family(name, name.endsWith('_total') ? 'counter' : 'gauge', 'Of this gateway worker.');
      lines.push(`${name} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }
}
