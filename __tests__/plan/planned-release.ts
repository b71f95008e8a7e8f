import { planRelease } from '../../src/plan/plan-release.js';
import { configOf, factsOf, requestOf, sourceOf } from './project.js';

export const TWO = 'registry: ghcr.io/acme\nimages: { api: , web: { context: site } }\n';

export function planned(yaml: string, over: { request?: object; source?: object; facts?: object } = {}) {
  const config = configOf(yaml);
  const facts = factsOf(config, { source: sourceOf(over.source), ...over.facts });
  return planRelease(config, facts, requestOf(over.request));
}
