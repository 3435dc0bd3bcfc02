import { serveReads } from '../database/reads/thread.ts';
import { LONG_READS } from './long-reads.ts';

serveReads(LONG_READS);
