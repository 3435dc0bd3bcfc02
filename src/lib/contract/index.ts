export * from './endpoint.ts';
export { type Client, type ClientOptions, createClient } from './client.ts';
