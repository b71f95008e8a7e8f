import * as core from '@actions/core';
import type { Leftover } from './app/run-context.js';

/** Passes everything that a killed run would leave to the post step. */
export function saveLeftovers(leftovers: readonly Leftover[]): void {
  core.saveState('leftovers', leftovers);
}

/** As the main step saved it; empty if that was killed before. */
export function readLeftovers(): Leftover[] {
  return JSON.parse(core.getState('leftovers') || '[]') as Leftover[];
}
