import { jest } from '@jest/globals';
import { followFixes } from './followed-fix.js';
import { gitFixes, githubFixes, leaveStage } from './followed/remote.js';

jest.setTimeout(60_000);

afterEach(leaveStage);

followFixes('deploy', gitFixes);
followFixes('deploy', githubFixes);
