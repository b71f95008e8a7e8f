import type { Source } from '../../src/facts/source.js';
import { planTags, type TagPlan } from '../../src/plan/tags.js';

/** What a registry takes for a tag. */
export const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export function plan(source: Source, rules: string[] = [], flavor: string[] = []): TagPlan {
  return planTags({ rules, flavor, source, place: (list, index) => ({ file: `${list}.${index}` }) });
}

/** Values of a plan without problems in order, moving ones marked with `~`. */
export function tagsOf(source: Source, rules: string[] = [], flavor: string[] = []): string[] {
  const result = plan(source, rules, flavor);
  if (result.problems.length > 0) throw new Error(JSON.stringify(result.problems));
  return result.tags.map(({ value, moving }) => (moving ? `~${value}` : value));
}
