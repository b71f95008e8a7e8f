import { followFixes } from './followed-fix.js';
import { rolloutFixes } from './followed/rollout.js';
import { standingFixes } from './followed/standing.js';

followFixes('deploy', rolloutFixes);
followFixes('deploy', standingFixes);
