import type { Option } from './options.js';

export interface Command {
  group: Group;
  /** Arguments as the usage line shows them. */
  usage: string;
  help: string;
  options: Record<string, Option>;
  /** Command lines, and what each is for. */
  examples: Record<string, string>;
}

/** Headings of the help, in its order. */
export const GROUPS = {
  start: 'Get started',
  daily: 'Release',
  trouble: 'Inspect and roll back',
  parts: 'Other commands',
} as const;

export type Group = keyof typeof GROUPS;
