import { jest } from '@jest/globals';
import { followFixes } from './followed-fix.js';
import { closeRegistry, openRegistry, registryFixes } from './followed/registry.js';

jest.setTimeout(60_000);

beforeAll(openRegistry);
afterAll(closeRegistry);

followFixes('registry', registryFixes);
