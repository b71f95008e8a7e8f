/** The patterns of a `.dockerignore`, compiled. */
export interface IgnoreRules {
  /** Whether the builder leaves this path out. @param path relative to the context, `/` between parts */
  ignores(path: string): boolean;
  /** Whether nothing below an ignored folder can be taken in again, so that it need not be walked. */
  prunes(folder: string): boolean;
}

/** A file whose patterns can't be understood with certainty: everything counts, always build. */
export interface DoubtfulIgnore {
  doubt: string;
  line: number;
}
