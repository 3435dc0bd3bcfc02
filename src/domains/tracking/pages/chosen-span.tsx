import { CodeBlock } from '../../../ui/code-block.tsx';
import { Columns } from '../../../ui/columns.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { Status } from '../../../ui/status.tsx';
import { SPAN_KEYS } from '../schema/traces.ts';
import { attributesOf, shown, type SpanRow, spanWord } from './trace-words.ts';

const OWN: readonly string[] = [SPAN_KEYS.inputs, SPAN_KEYS.outputs, SPAN_KEYS.requestId];

/** What went into a span, what came out, and what else it says of itself. */
export function ChosenSpan({ row }: { row: SpanRow }) {
  const { span, attributes } = row;
  const inputs = attributes[SPAN_KEYS.inputs];
  const outputs = attributes[SPAN_KEYS.outputs];
  const others = Object.entries(attributes).filter(([key]) => !OWN.includes(key));
  const message = span.status?.message;
  return (
    <Panel title={span.name} note={row.type || undefined} actions={<Status word={spanWord(span)} still />}>
      <div className="r-stack">
        {message ? <p className="r-panel-sentence">{message}</p> : null}
        <Columns>
          <Value label="Inputs" value={inputs} />
          <Value label="Outputs" value={outputs} />
        </Columns>
        {others.length > 0 ? (
          <div>
            <h3 className="r-label">Attributes</h3>
            <Facts
              rows={others.map(([key, value]) => [
                key,
                <code key={key} className="r-code">
                  {shown(value)}
                </code>,
              ])}
            />
          </div>
        ) : null}
        {(span.events ?? []).map((event, index) => (
          <Event
            // Events have no id, and their order is theirs.
            // oxlint-disable-next-line react/no-array-index-key
            key={index}
            name={event.name}
            after={((event.time_unix_nano ?? span.start_time_unix_nano) - span.start_time_unix_nano) / 1e6}
            attributes={attributesOf(event)}
          />
        ))}
      </div>
    </Panel>
  );
}

function Value({ label, value }: { label: string; value: unknown }) {
  return (
    <div>
      <h3 className="r-label">{label}</h3>
      {value === undefined ? (
        <p className="r-small">none</p>
      ) : (
        <CodeBlock label={label} forms={[{ label: 'JSON', text: shown(value) }]} wrap />
      )}
    </div>
  );
}

function Event({
  name,
  after,
  attributes,
}: {
  name: string;
  after: number;
  attributes: Record<string, unknown>;
}) {
  return (
    <div>
      <h3 className="r-label">
        Event {name} <span className="r-small">after {after.toFixed(after < 10 ? 2 : 0)} ms</span>
      </h3>
      <Facts
        rows={Object.entries(attributes).map(([key, value]) => [
          key,
          <pre key={key} className="r-code r-scroll-x" tabIndex={0}>
            {shown(value)}
          </pre>,
        ])}
      />
    </div>
  );
}
