export * from './endpoint.ts';
export {
  type AnswerOf,
  callEndpoint,
  type CallOptions,
  type Client,
  createClient,
} from './client.ts';
export { type Place, placeOf, sees, type Sight, workspaceOf } from './place.ts';
