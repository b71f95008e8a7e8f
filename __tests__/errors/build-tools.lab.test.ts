/** @programs docker */
import { followFixes } from './followed-fix.js';
import { dockerFixes } from './followed/docker.js';

followFixes('build-tools', dockerFixes);
