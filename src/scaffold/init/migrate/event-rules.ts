import type { Scenario } from './scenarios.js';

type Event = Scenario['event'];

/** A rule, and the events in which the old way gives its tag. */
export interface EventRule {
  rule: string;
  events: ReadonlySet<Event>;
}

export type LimitedRule = { rule: string } | { rule?: string; remark: string };

/**
 * The rule for the events in which it counts.
 * @param all events in which the image is published
 */
export function limitRule({ rule, events }: EventRule, all: ReadonlySet<Event>): LimitedRule {
  const expected = [...all].filter((event) => naturalEvents(rule).includes(event));
  const isLimited = expected.some((event) => !events.has(event));
  const onlyDefault = events.size === 1 && events.has('default-branch');
  const isFixed = /^type=raw,value=[^{]*$/.test(rule);
  if (!isLimited)
    return {
      rule: isFixed && onlyDefault && !/,enable=/.test(rule) ? `${rule},enable={{is_default_branch}}` : rule,
    };
  if (/,enable=/.test(rule)) return { rule };
  const branches = expected.filter((event) => event === 'branch' || event === 'default-branch');
  if (onlyDefault) return { rule: `${rule},enable={{is_default_branch}}` };
  if (events.has('branch') && events.size === 1 && !all.has('tag'))
    return { rule: `${rule},enable={{is_not_default_branch}}` };
  const [, fixed] = /^type=raw,value=([\w.-]+)$/.exec(rule) ?? [];
  if (events.size === 1 && events.has('tag') && fixed !== undefined)
    return { rule: `type=semver,pattern=${fixed}` };
  if ([...events].every((event) => event === 'pull-request'))
    return {
      remark: 'Pull requests are built and not published; the input `push: true` publishes them too.',
    };
  const where = branches.length > 0 && !events.has('tag') ? 'branches' : [...events].join(' and ');
  return { rule, remark: `It was put on ${where} only; this rule holds for every event.` };
}

/** In which events a rule gives a tag at all. */
function naturalEvents(rule: string): Event[] {
  if (/event=pr\b/.test(rule)) return ['pull-request'];
  if (/\{\{tag\}\}|event=tag|^type=(?:semver|pep440|match)/.test(rule)) return ['tag'];
  if (/\{\{branch\}\}|event=branch|^type=edge/.test(rule)) return ['branch', 'default-branch'];
  if (/^type=schedule/.test(rule)) return [];
  if (/enable=\{\{is_default_branch\}\}/.test(rule)) return ['default-branch'];
  return ['default-branch', 'branch', 'tag', 'pull-request'];
}
