/** One line, or a piece of a long one, as container runtimes write them to a node's log files. */
export interface LogPiece {
  time: Date;
  /** RFC 3339 with nanoseconds: later pieces are later. */
  timestamp: string;
  text: Buffer;
  /** The line goes on in the next piece of the same stream. */
  partial: boolean;
}

/** Runtimes cut longer lines into pieces of this size. */
const PIECE = 16 * 1024;

type Stream = 'stdout' | 'stderr';

/** Everything that a container has printed, and the listeners to what it prints. */
export class ContainerLog {
  readonly pieces: LogPiece[] = [];
  #pending: Record<Stream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #nanos = 0;
  #followers = new Set<() => void>();
  #listeners = new Set<(stream: Stream, chunk: Buffer) => void>();
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  write(stream: Stream, chunk: Buffer): void {
    for (const listener of this.#listeners) listener(stream, chunk);
    let pending = Buffer.concat([this.#pending[stream], chunk]);
    for (;;) {
      const end = pending.indexOf('\n');
      if (end >= 0 && end < PIECE) {
        this.#add(pending.subarray(0, end), false);
        pending = pending.subarray(end + 1);
      } else if (pending.length >= PIECE) {
        this.#add(pending.subarray(0, PIECE), true);
        pending = pending.subarray(PIECE);
      } else {
        break;
      }
    }
    this.#pending[stream] = pending;
    this.#tell();
  }

  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#pending[stream].length > 0) this.#add(this.#pending[stream], false);
      this.#pending[stream] = Buffer.alloc(0);
    }
    this.#ended = true;
    this.#tell();
  }

  /** Called when there is more to read, or the end. @returns ends it */
  follow(follower: () => void): () => void {
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  /** Bytes as they come, from now on. @returns ends it */
  listen(listener: (stream: Stream, chunk: Buffer) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The end of it, for a termination message. */
  tail(lines: number, bytes: number): string {
    const texts = this.pieces.slice(-lines).map((piece) => piece.text.toString());
    return texts.join('\n').slice(-bytes);
  }

  #add(text: Buffer, partial: boolean): void {
    this.#nanos = (this.#nanos + 1) % 1_000_000;
    const time = new Date();
    const nanos = String(this.#nanos).padStart(6, '0');
    const timestamp = time.toISOString().replace(/(\.\d{3})Z$/, `$1${nanos}Z`);
    this.pieces.push({ time, timestamp, text: Buffer.from(text), partial });
  }

  #tell(): void {
    for (const follower of [...this.#followers]) follower();
  }
}

export interface LogQuery {
  timestamps: boolean;
  since?: Date;
}

/** Reads on from `from`; a time stands before a line only, never inside one. */
export function renderLog(log: ContainerLog, from: number, query: LogQuery): { text: Buffer; next: number } {
  const parts: Buffer[] = [];
  for (let index = from; index < log.pieces.length; index++) {
    const piece = log.pieces[index];
    if (!piece || (query.since && piece.time < query.since)) continue;
    const inside = log.pieces[index - 1]?.partial ?? false;
    if (query.timestamps && !inside) parts.push(Buffer.from(`${piece.timestamp} `));
    parts.push(piece.text);
    if (!piece.partial) parts.push(Buffer.from('\n'));
  }
  return { text: Buffer.concat(parts), next: log.pieces.length };
}

/** Where to begin so that the last `lines` lines are read. */
export function tailStart(log: ContainerLog, lines: number): number {
  let left = lines;
  for (let index = log.pieces.length - 1; index >= 0; index--) {
    if (log.pieces[index]?.partial) continue;
    if (left === 0) return index + 1;
    left -= 1;
  }
  return 0;
}
