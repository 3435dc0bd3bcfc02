export {
  createEvents,
  type Events,
  parseCursor,
  type Position,
  type RondoEvent,
} from './events.ts';
export { eventsRoutes } from './routes.ts';
export { createSignals, type Signals } from './signals.ts';
export { Subscriptions } from './subscribers.ts';
