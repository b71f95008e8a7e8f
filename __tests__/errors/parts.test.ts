import { followFixes } from './followed-fix.js';
import { partsFixes } from './followed/parts.js';

followFixes('parts', partsFixes);
