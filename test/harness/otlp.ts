export const attributes = (given: Record<string, unknown>) =>
  Object.entries(given).map(([key, value]) => ({ key, value }));
export const text = (stringValue: string) => ({ stringValue });

export interface Sent {
  trace: string;
  id: string;
  parent?: string;
  name?: string;
  start?: number;
  end?: number;
  more?: Record<string, unknown>;
  given?: Record<string, unknown>;
}

/** An OTLP request in JSON; times are milliseconds. */
export const otlp = (spans: Sent[], resource: Record<string, unknown> = {}) => ({
  resourceSpans: [
    {
      resource: { attributes: attributes(resource) },
      scopeSpans: [
        {
          spans: spans.map(({ trace, id, parent, name = 'span', start = 1000, end = 1500, more, given }) => ({
            traceId: trace,
            spanId: id,
            ...(parent === undefined ? {} : { parentSpanId: parent }),
            name,
            startTimeUnixNano: `${start}000001`,
            ...(end === 0 ? {} : { endTimeUnixNano: `${end}000009` }),
            attributes: attributes(given ?? {}),
            ...more,
          })),
        },
      ],
    },
  ],
});

export async function* bytes(...chunks: Uint8Array[]) {
  yield* chunks;
}
