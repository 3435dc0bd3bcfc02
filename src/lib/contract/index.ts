export * from './endpoint.ts';
export {
  type AnswerOf,
  callEndpoint,
  type CallOptions,
  type Client,
  createClient,
} from './client.ts';
