import { jest } from '@jest/globals';
import { followFixes } from './followed-fix.js';
import { closeSigning, openSigning, signingFixes } from './followed/signing.js';

jest.setTimeout(60_000);

beforeAll(openSigning);
afterAll(closeSigning);

followFixes('signing', signingFixes);
