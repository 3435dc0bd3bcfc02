export {
  createEvents,
  cursorOf,
  type Events,
  type NewEvent,
  parseCursor,
  type Position,
  type RondoEvent,
} from './events.ts';
export { eventsContract, EventItem } from './contract.ts';
export { eventsRoutes } from './routes.ts';
export { createSignals, type Signals } from './signals.ts';
export { type Subscriber, Subscriptions } from './subscribers.ts';
