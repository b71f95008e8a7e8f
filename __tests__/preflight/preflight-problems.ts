import type { ImageFiles } from '../../src/facts/build-files.js';
import type { Facts } from '../../src/facts/facts.js';
import { planRelease } from '../../src/plan/plan-release.js';
import { preflight } from '../../src/preflight/preflight.js';
import { configOf, factsOf, requestOf } from '../plan/project.js';

/** A checkout without anything that the checks of files look at. */
const NOTHING = { checkout: { node: [], workflows: [], manifests: [] }, usernames: [] };

export function problemsOf(
  yaml: string,
  files: Record<string, Partial<ImageFiles>> = {},
  over: Partial<Facts> = {},
) {
  const config = configOf(`registry: ghcr.io/acme\n${yaml}`);
  const { files: _, ...facts } = over;
  const probed = factsOf(config, { ...NOTHING, ...facts, files });
  const { plan, selected } = planRelease(config, probed, requestOf());
  return preflight(plan, selected, probed, config, {});
}
