import type { BuilderDecision } from '../../src/builders/builder-choice.js';
import type { BuildkitEndpoint } from '../../src/facts/buildkit-endpoints.js';

export const ENDPOINT: BuildkitEndpoint = {
  address: 'tcp://buildkitd:1234',
  from: 'BUILDKIT_HOST',
  answer: { status: 'serves' },
};

export function chosen(decision: BuilderDecision) {
  if (decision.status !== 'chosen') throw new Error(JSON.stringify(decision));
  return decision;
}
