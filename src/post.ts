import * as core from '@actions/core';
import type { Leftover } from './app/run-context.js';
import { removeBuilder } from './builders/buildx/own-builder.js';
import { removeDockerConfig } from './builders/docker-config.js';
import { connectKubectl } from './kubernetes/kubectl.js';
import { removeRun } from './kubernetes/orphans.js';
import { surviveBrokenPipes } from './lib/broken-pipe.js';
import { childEnvironment, run as runProcess } from './lib/process.js';

/**
 * The post step of the Action removes what a killed run has left. A separate entry: one file for both steps would
 * have to guess which one runs, and a main step that was killed in its first moments looks as if it had never run.
 */
surviveBrokenPipes([process.stdout, process.stderr]);
const env = childEnvironment(process.env);
for (const leftover of JSON.parse(core.getState('leftovers') || '[]') as Leftover[]) {
  if ('dockerConfig' in leftover) await removeDockerConfig(leftover.dockerConfig);
  else if ('builder' in leftover) await removeBuilder(leftover.builder, env);
  else {
    const { run, namespace } = leftover.pods;
    await removeRun(connectKubectl({ env, run: runProcess, namespace }), run);
  }
}
