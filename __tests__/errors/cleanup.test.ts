import { followFixes } from './followed-fix.js';
import { cleanupFixes } from './followed/cleanup.js';

followFixes('cleanup', cleanupFixes);
