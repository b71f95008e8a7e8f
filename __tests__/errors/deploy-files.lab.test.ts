/** @programs kustomize */
import { followFixes } from './followed-fix.js';
import { proofFixes } from './followed/proof.js';

followFixes('deploy', proofFixes);
