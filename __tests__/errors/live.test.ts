import { followFixes } from './followed-fix.js';
import { liveFixes } from './followed/live.js';

followFixes('live', liveFixes);
