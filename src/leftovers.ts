import * as core from '@actions/core';
import type { Leftover } from './app/run-context.js';

type PodsOfRun = Extract<Leftover, { pods: unknown }>['pods'];

/** Objects that a run creates outside of its process, and that have to be removed if the run is killed. */
export interface Leftovers {
  /** Folders of docker configurations with a registry login. */
  dockerConfigs: string[];
  builders: string[];
  pods: PodsOfRun[];
}

/** Passes it to the post step. */
export function saveLeftovers(leftovers: Leftovers): void {
  for (const [name, value] of Object.entries(leftovers)) core.saveState(name, value);
}

/** As the main step saved it; empty if that was killed before. */
export function readLeftovers(): Leftovers {
  const read = (name: keyof Leftovers) => {
    const text = core.getState(name);
    return text === '' ? [] : (JSON.parse(text) as never[]);
  };
  return { dockerConfigs: read('dockerConfigs'), builders: read('builders'), pods: read('pods') };
}
