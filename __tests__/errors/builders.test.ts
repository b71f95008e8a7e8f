import { followFixes } from './followed-fix.js';
import { builderFixes } from './followed/builders.js';
import { kanikoFixes } from './followed/kaniko.js';
import { scaffoldFixes } from './followed/scaffold.js';

followFixes('builders', builderFixes);
followFixes('kaniko', kanikoFixes);
followFixes('scaffold', scaffoldFixes);
