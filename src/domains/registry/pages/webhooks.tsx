import { Checkbox, Modal, PasswordInput, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { panelState, useAct, useBarrier, useEndpoint } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { usePaletteEntries } from '../../../ui/palette-entries.ts';
import { Panel } from '../../../ui/panel.tsx';
import { When } from '../../../ui/when.tsx';
import { webhooksContract } from '../contract/webhooks.ts';
import {
  ACTIONS_OF,
  type Delivery,
  type Webhook,
  WEBHOOK_ENTITIES,
  type WebhookEvent,
} from '../schema/webhook.ts';

const nameOf = ({ entity, action }: WebhookEvent) =>
  `${entity.toLowerCase().replaceAll('_', ' ')} ${action.toLowerCase()}`;

/** Budgets never happen here. */
const EVENTS: readonly WebhookEvent[] = WEBHOOK_ENTITIES.filter(
  (entity) => entity !== 'BUDGET_POLICY',
).flatMap((entity) => ACTIONS_OF[entity].map((action) => ({ entity, action })));

const COLUMNS: readonly DataColumn<Webhook>[] = [
  { id: 'name', head: 'name', value: (each) => each.name, width: 160, narrow: 'name' },
  { id: 'url', head: 'address', value: (each) => each.url, width: 260, grow: true },
  { id: 'events', head: 'hears', value: (each) => each.events.map(nameOf).join(', '), width: 260 },
  {
    id: 'status',
    head: 'status',
    value: (each) => each.status.toLowerCase(),
    width: 90,
    narrow: 'end',
  },
];

const DELIVERIES: readonly DataColumn<Delivery>[] = [
  {
    id: 'at',
    head: 'when',
    value: (each) => each.created_at,
    cell: (each) => <When at={each.created_at} clock="wall" />,
    width: 150,
    narrow: 'name',
  },
  { id: 'event', head: 'event', value: (each) => each.event, width: 210 },
  { id: 'state', head: 'state', value: (each) => each.state, width: 90, narrow: 'end' },
  { id: 'attempts', head: 'tries', value: (each) => each.attempts, width: 70 },
  {
    id: 'came',
    head: 'what came back',
    value: (each) => each.error ?? (each.status === null ? null : String(each.status)),
    width: 200,
    grow: true,
  },
  {
    id: 'next',
    head: 'next try',
    value: (each) => each.next_at,
    cell: (each) => (each.next_at === null ? '' : <When at={each.next_at} clock="wall" />),
    width: 150,
  },
];

/** Who hears what happens in the registry of a project. */
export function Webhooks({ project }: { project: string }) {
  const because = useBarrier('operate');
  const [making, make] = useState(false);
  const [chosen, choose] = useState<Webhook>();
  const answer = useEndpoint(webhooksContract.listWebhooks, because ? undefined : { query: {} });
  usePaletteEntries(
    useMemo(
      () =>
        because
          ? []
          : [
              {
                id: 'webhooks.new',
                kind: 'action' as const,
                label: 'Make a webhook',
                run: () => make(true),
              },
            ],
      [because],
    ),
  );
  if (because) return <p className="r-serif">Webhooks are not shown. {because}</p>;
  const webhooks = answer.data?.webhooks ?? [];
  return (
    <>
      <Panel
        title="Webhooks"
        actions={<Action onClick={() => make(true)}>Make a webhook</Action>}
        state={panelState(answer, {
          rows: 3,
          empty: () =>
            webhooks.length === 0 ? (
              <p className="r-serif">
                Nobody hears yet what happens to the models and prompts of this project. A webhook posts it to
                an address of yours, signed, and tries again until it is taken.
              </p>
            ) : undefined,
        })}
      >
        <DataTable
          label={`Webhooks of ${project}`}
          rows={webhooks}
          columns={COLUMNS}
          rowId={(each) => each.webhook_id}
          onOpen={choose}
          fixedColumns
        />
      </Panel>
      {making ? <MakeDialog onClose={() => make(false)} /> : null}
      {chosen ? <WebhookDialog project={project} webhook={chosen} onClose={() => choose(undefined)} /> : null}
    </>
  );
}

function MakeDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [url, setUrl] = useState('https://');
  const [secret, setSecret] = useState('');
  const [events, setEvents] = useState<string[]>(['model version created']);
  const create = useAct(webhooksContract.createWebhook, ({ webhook }) => {
    onClose();
    return `${webhook.name} hears from now on.`;
  });
  const because =
    name.trim() === '' ? 'The name is missing.' : events.length === 0 ? 'No event is chosen.' : undefined;
  return (
    <Modal opened onClose={onClose} title="Make a webhook" size="lg">
      <form
        className="r-stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (because) return;
          const chosen = EVENTS.filter((each) => events.includes(nameOf(each)));
          create.run({ body: { name, url, events: chosen, ...(secret === '' ? {} : { secret }) } });
        }}
      >
        <TextInput
          label="Name"
          description="Letters, digits, dots, dashes and underscores."
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <TextInput
          label="Address"
          description="A public https address."
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <PasswordInput
          label="Secret"
          description="Signs every message; it is never shown again. Empty: not signed."
          autoComplete="off"
          value={secret}
          onChange={(event) => setSecret(event.currentTarget.value)}
        />
        <Checkbox.Group label="Hears" value={events} onChange={setEvents}>
          <div className="r-stack">
            {EVENTS.map((each) => (
              <Checkbox key={nameOf(each)} value={nameOf(each)} label={nameOf(each)} />
            ))}
          </div>
        </Checkbox.Group>
        {create.fault ? <Fault fault={create.fault} /> : null}
        <Action submit kind="primary" because={because}>
          Make the webhook
        </Action>
      </form>
    </Modal>
  );
}

function WebhookDialog({
  project,
  webhook,
  onClose,
}: {
  project: string;
  webhook: Webhook;
  onClose: () => void;
}) {
  const { webhook_id } = webhook;
  const [removing, remove] = useState(false);
  const test = useAct(webhooksContract.testWebhook, ({ result }) =>
    result.success
      ? `The receiver answered ${result.response_status}.`
      : (result.error_message ?? `The receiver answered ${result.response_status}; that is no success.`),
  );
  const change = useAct(webhooksContract.updateWebhook, ({ webhook: after }) => {
    onClose();
    return `${after.name} is ${after.status.toLowerCase()}.`;
  });
  const erase = useAct(webhooksContract.deleteWebhook, () => {
    onClose();
    return `${webhook.name} hears no more.`;
  });
  const answer = useEndpoint(
    webhooksContract.listDeliveries,
    erase.running ? undefined : { params: { project, webhook: webhook_id }, query: { limit: 20 } },
    { every: 5000 },
  );
  const fault = test.fault ?? change.fault ?? erase.fault;
  const deliveries = answer.data?.deliveries ?? [];
  return (
    <Modal opened onClose={onClose} title={`Webhook ${webhook.name}`} size="xl">
      <div className="r-stack">
        <p className="r-small">
          {webhook.url} hears {webhook.events.map(nameOf).join(', ')}.
        </p>
        {fault ? <Fault fault={fault} /> : null}
        <div className="r-row">
          <Action onClick={() => test.run({ params: { webhook_id }, body: {} })}>Post an example</Action>
          <Action
            onClick={() =>
              change.run({
                params: { webhook_id },
                body: { status: webhook.status === 'ACTIVE' ? 'DISABLED' : 'ACTIVE' },
              })
            }
          >
            {webhook.status === 'ACTIVE' ? 'Disable the webhook' : 'Enable the webhook'}
          </Action>
          {removing ? (
            <Action kind="harmful" onClick={() => erase.run({ params: { webhook_id } })}>
              Delete it with its log
            </Action>
          ) : (
            <Action onClick={() => remove(true)}>Delete the webhook</Action>
          )}
        </div>
        <Panel
          title="Last deliveries"
          state={panelState(answer, {
            rows: 3,
            empty: () =>
              deliveries.length === 0 ? (
                <p className="r-serif">Nothing that it hears has happened yet.</p>
              ) : undefined,
          })}
        >
          <DataTable
            label="Last deliveries"
            rows={deliveries}
            columns={DELIVERIES}
            rowId={(each) => each.id}
            fixedColumns
          />
        </Panel>
      </div>
    </Modal>
  );
}
