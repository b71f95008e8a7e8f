import { ProgramMissing, run } from '../../../lib/process.js';
import { gitEnvironment, type GitRepository } from './repository.js';
import { AS_IT_IS } from './graph.js';

/**
 * A checkout, only to read what it has, without the network. Objects are named by their hash, and how two commits relate never
 * changes, so nothing that it has need be asked of a server. Without git it has nothing.
 */
export function openCheckout(folder: string, env: NodeJS.ProcessEnv): GitRepository {
  const environment = { ...gitEnvironment(env, [], true), ...AS_IT_IS };
  return {
    async git(args, { input, signal } = {}) {
      const done = await run('git', args, { cwd: folder, env: environment, input, signal }).catch((error: unknown) => {
        if (error instanceof ProgramMissing) return { code: 127, stdout: Buffer.alloc(0), stderr: error.message };
        throw error;
      });
      return { ...done, stderr: done.stderr.toString(), timedOut: false };
    },
  };
}
