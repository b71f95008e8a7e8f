import { followFixes } from './followed-fix.js';
import { buildToolFixes } from './followed/build-tools.js';

followFixes('build-tools', buildToolFixes);
