export type { Proof } from '../lib/lead.ts';
