import { followFixes } from './followed-fix.js';
import { kustomizationFixes } from './followed/kustomization.js';
import { overrideFixes } from './followed/overrides.js';

followFixes('deploy', kustomizationFixes);
followFixes('deploy', overrideFixes);
