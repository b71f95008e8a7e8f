import type { Variables } from './variables.js';

/** A command of a script with its words filled in, as far as they are known. */
export interface Call {
  words: string[];
  /** The file that it stands in, where another one was read into the script. */
  file?: string;
  /** Lines above it in the script. */
  line: number;
  /** Folder that it runs in, from the root of the repository. */
  folder: string;
  input?: string;
  /** The file that its output goes to. */
  output?: string;
  /** Conditions around it that nobody can decide before it runs. */
  conditions: readonly string[];
}

/** Where a script runs, and what is done with its commands. */
export interface Shell {
  variables: Variables;
  /** From the root of the repository; `cd` changes it. */
  folder: string;
  /** Folders that `pushd` left, for `popd`. */
  left: string[];
  /** What was written to files, by path; `>>` adds. */
  files: Map<string, string>;
  /** Of the repository. */
  paths: readonly string[];
  read(path: string): string | undefined;
  /** Fills holes by example, for comparing. */
  concrete(text: string): string;
  /** Kind of the event, which says what a name of a ref is. */
  event: string;
  onCall(call: Call): void;
  /** Around a file of the repository that is read into the script. */
  onSource(path: string, call: Call, run: () => void): void;
}
