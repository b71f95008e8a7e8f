/** @programs kustomize */
import { followFixes } from './followed-fix.js';
import { kustomizationFixes } from './followed/kustomization.js';
import { proofFixes } from './followed/proof.js';

followFixes('deploy', kustomizationFixes);
followFixes('deploy', proofFixes);
