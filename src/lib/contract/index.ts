export * from './endpoint.ts';
export {
  type AnswerOf,
  callEndpoint,
  type CallOptions,
  type Client,
  createClient,
} from './client.ts';
export { givenIdOf, needOf, type Place, placeOf, sees, type Sight, workspaceOf } from './place.ts';
