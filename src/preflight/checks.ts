import type { Check } from './check.js';
import { ARGUMENT_CHECKS } from './checks/arguments.js';
import { BUILD_INPUT_CHECKS } from './checks/build-inputs.js';
import { NAME_CHECKS } from './checks/names.js';
import { NODE_ENGINE_CHECKS } from './checks/node-engines.js';
import { NODE_INSTALL_CHECKS } from './checks/node-installs.js';
import { RUNTIME_CHECKS } from './checks/runtime.js';
import { SIGNING_CHECKS } from './checks/signing.js';
import { SURROUNDING_CHECKS } from './checks/surroundings.js';
import { WORKFLOW_CHECKS } from './checks/workflows.js';

/** Everything that is looked at in the checkout before a release; docs/errors/preflight.md lists it in this order. */
export const CHECK_GROUPS: readonly { title: string; checks: readonly Check[] }[] = [
  { title: 'What an image is built from', checks: BUILD_INPUT_CHECKS },
  { title: 'Node.js in the base image', checks: NODE_ENGINE_CHECKS },
  { title: 'Packages of npm, pnpm and yarn', checks: NODE_INSTALL_CHECKS },
  { title: 'Build arguments', checks: ARGUMENT_CHECKS },
  { title: 'The image when it runs', checks: RUNTIME_CHECKS },
  { title: 'Names', checks: NAME_CHECKS },
  { title: 'Workflows', checks: WORKFLOW_CHECKS },
  { title: 'Where the release runs', checks: [...SURROUNDING_CHECKS, ...SIGNING_CHECKS] },
];

export const CHECKS: readonly Check[] = CHECK_GROUPS.flatMap(({ checks }) => checks);
