/** @programs docker */
import { jest } from '@jest/globals';
import { followFixes } from './followed-fix.js';
import { buildStepFixes, closeKitchen, openKitchen } from './followed/build-steps.js';

jest.setTimeout(60_000);

beforeAll(openKitchen);
afterAll(closeKitchen);

followFixes('build-steps', buildStepFixes);
