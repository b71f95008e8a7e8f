import { ProgramMissing, type run as runProcess } from '../lib/process.js';

/** Inputs of a probe that asks programs. */
export interface Probe {
  env: NodeJS.ProcessEnv;
  run: typeof runProcess;
  signal?: AbortSignal;
}

/** @param missing the answer if the program is not on PATH */
export async function unlessMissing<T>(missing: T, probe: () => Promise<T>): Promise<T> {
  try {
    return await probe();
  } catch (error) {
    if (error instanceof ProgramMissing) return missing;
    throw error;
  }
}
