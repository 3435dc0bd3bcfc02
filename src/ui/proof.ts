export type { OpenProof, Proof, ProofSource } from '../lib/lead.ts';
