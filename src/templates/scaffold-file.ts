/** A file that is written into the user's repository, who owns it from then on. */
export interface ScaffoldFile {
  /** Relative to the repository root. */
  path: string;
  text: string;
  executable?: boolean;
}
