export * from './endpoint.ts';
export {
  type AnswerOf,
  callEndpoint,
  type CallOptions,
  type Client,
  type ClientOptions,
  createClient,
} from './client.ts';
