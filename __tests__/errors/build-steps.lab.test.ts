/** @programs docker */
import { jest } from '@jest/globals';
import { followFixes } from './followed-fix.js';
import { buildStepFixes, closeFixture, openFixture } from './followed/build-steps.js';

jest.setTimeout(60_000);

beforeAll(openFixture);
afterAll(closeFixture);

followFixes('build-steps', buildStepFixes);
