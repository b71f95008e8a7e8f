import { removeBuilder } from './builders/buildx/own-builder.js';
import { removeDockerConfig } from './builders/docker-config.js';
import { connectKubectl } from './kubernetes/kubectl.js';
import { removeRun } from './kubernetes/orphans.js';
import { readLeftovers } from './leftovers.js';
import { surviveBrokenPipes } from './lib/broken-pipe.js';
import { childEnvironment, run as runProcess } from './lib/process.js';

/**
 * The post step of the Action removes what a killed run has left. A separate entry: one file for both steps would
 * have to guess which one runs, and a main step that was killed in its first moments looks as if it had never run.
 */
surviveBrokenPipes([process.stdout, process.stderr]);
const env = childEnvironment(process.env);
const { dockerConfigs, builders, pods } = readLeftovers();
for (const folder of dockerConfigs) await removeDockerConfig(folder);
for (const builder of builders) await removeBuilder(builder, env);
for (const { run, namespace } of pods) await removeRun(connectKubectl({ env, run: runProcess, namespace }), run);
