import type { CommandNode, CompoundList } from 'unbash';

/** The script that defines a function: its text is what the function's places are in. */
interface DefiningScript {
  callFunction(body: CommandNode | CompoundList, words: readonly string[]): void;
}

/** Where a script and what it reads in have come to. */
export interface Progress {
  functions: Map<string, { body: CommandNode | CompoundList; source: DefiningScript }>;
  called: Set<string>;
  conditions: string[];
  calls: number;
  /** Where output goes that is not redirected by the command itself. */
  target: string | undefined;
  /** What a loop reads line by line. */
  input: string | undefined;
  stopped: boolean;
  dispatches: boolean;
  leaving: 'break' | 'continue' | undefined;
  /** Files that are read in just now. */
  reading: readonly string[];
}

export function noProgress(): Progress {
  return {
    functions: new Map(),
    called: new Set(),
    conditions: [],
    calls: 0,
    target: undefined,
    input: undefined,
    stopped: false,
    dispatches: false,
    leaving: undefined,
    reading: [],
  };
}
