import { followFixes } from './followed-fix.js';
import { executorFixes } from './followed/kaniko-executor.js';

followFixes('kaniko', executorFixes);
