import { followFixes } from './followed-fix.js';
import { preflightFixes } from './followed/preflight.js';

followFixes('preflight', preflightFixes);
