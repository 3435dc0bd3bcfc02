export interface ChildOpen {
  inputs: string;
  outputs: string;
  memoryMb: number;
  threads: number;
}

export interface ChildRequest {
  id: number;
  /** Users' SQL that must be one SELECT, checked before anything runs. */
  selectOnly: string[];
  statements: string[];
  outputs: { sql: string; path: string }[];
  rows: Record<string, string>;
}

export interface ChildReply {
  id: number;
  rows?: Record<string, unknown[]>;
  error?: string;
}
