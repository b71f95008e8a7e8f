/** @programs docker kustomize */
import { followFixes } from './followed-fix.js';
import { buildStepFixes, closeFixture, openFixture } from './followed/build-steps.js';
import { dockerFixes } from './followed/docker.js';
import { executorFixes } from './followed/kaniko-executor.js';
import { proofFixes } from './followed/proof.js';
import { closeRegistry, openRegistry, registryFixes } from './followed/registry.js';
import { closeSigning, openSigning, signingFixes } from './followed/signing.js';

followFixes('build-tools', dockerFixes);
followFixes('kaniko', executorFixes);
followFixes('deploy', proofFixes);

describe('a build', () => {
  beforeAll(openFixture);
  afterAll(closeFixture);
  followFixes('build-steps', buildStepFixes);
});

describe('a registry', () => {
  beforeAll(openRegistry);
  afterAll(closeRegistry);
  followFixes('registry', registryFixes);
});

describe('signing', () => {
  beforeAll(openSigning);
  afterAll(closeSigning);
  followFixes('signing', signingFixes);
});
