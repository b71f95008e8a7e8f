import { followFixes } from './followed-fix.js';
import { argumentFixes } from './followed/arguments.js';
import { configFixes } from './followed/config.js';
import { planFixes } from './followed/plan.js';

followFixes('config', configFixes);
followFixes('arguments', argumentFixes);
followFixes('plan', planFixes);
