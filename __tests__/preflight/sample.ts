import type { Look } from './checkout.js';

/** A checkout, and what is to be said of it. */
export interface Case {
  name: string;
  files: Record<string, string>;
  /** Default: one image, `api`. */
  config?: string;
  look?: Look;
  /** `code file:line[:column]` of each problem, in order. */
  told: string[];
  message?: RegExp;
}

/** What an image needs for nothing to be said of it when it runs. */
export const QUIET = 'USER node\nHEALTHCHECK NONE\n';
