/** What a client of the remote asks for. */
export type Operation = 'readLedgers' | 'snapshot' | 'headOf' | 'compare' | 'commitsSince' | 'commit';

/** What may befall an operation; those that don't concern it leave it alone. */
export type Fault =
  /** A read is answered by a replica that has not seen the last moves of the refs. */
  | { type: 'lag'; moves: number }
  /** The commit does what it does, and the answer never comes. */
  | { type: 'lost-after-landing' }
  /** The commit never arrives, and the client can't tell. */
  | { type: 'lost-before-landing' }
  /** The commit lands, the client's HTTP stack sends it again, and that second one is told `stale`. */
  | { type: 'replayed' }
  /** Nothing is done: the server asks to come back. */
  | { type: 'later'; retryAfterMs: number };
