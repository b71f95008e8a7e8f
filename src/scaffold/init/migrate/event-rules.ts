import type { Scenario } from './scenarios.js';

type Event = Scenario['event'];

/** A rule, and the events in which the old way gives its tag; of each event, the examples in which it does. */
export interface EventRule {
  rule: string;
  examples: ReadonlyMap<Event, ReadonlySet<string>>;
}

/** Without a rule and a remark: it gave nothing where it was asked for. */
export type LimitedRule = { rule?: string } | { rule?: string; remark: string };

/** The pushes for which an image was published, and those of all images. */
export interface Released {
  own: EventRule['examples'];
  all: ReadonlySet<Event>;
}

/** The rule for the events in which it counts. */
export function limitRule(given: EventRule, { own, all }: Released): LimitedRule {
  const { rule, examples } = given;
  const missing = (event: Event) =>
    [...(own.get(event) ?? [])].filter((ref) => !examples.get(event)?.has(ref));
  const events = new Set(examples.keys());
  const some = [...(examples.get('branch') ?? [])];
  if (some.length > 0 && missing('branch').length > 0 && !isOfGrammar(rule)) {
    events.delete('branch');
    const remark = `Only ${some.join(', ')} gets it, and no rule names a branch: ${asInput(`github.ref_name == '${some[0]}'`, rule)}.`;
    return { ...(events.size > 0 && limitEvents(rule, events, all)), remark };
  }
  const natural = naturalEvents(rule);
  if (natural.some((event) => own.has(event)) && !natural.some((event) => events.has(event))) return {};
  const tags = [...(examples.get('tag') ?? [])];
  const missed = missing('tag');
  const [, fixed, attributes = ''] = FIXED.exec(rule) ?? [];
  if (fixed !== undefined && events.size === 1 && events.has('tag') && (all.size > 1 || missed.length > 0))
    return onVersionsAlone(`${fixed}${attributes}`, tags, missed);
  // What an image does not have for other pushes is told of the image.
  const isWhole = [...own.keys()].every((event) => events.has(event) || !natural.includes(event));
  if (isWhole && /type=sha|\{\{sha\}\}/.test(rule)) return { rule };
  const made = limitEvents(rule, events, all);
  const missedFinals = rule.startsWith('type=semver') ? missed.filter(isFinal) : missed;
  if (tags.length > 0 && missedFinals.length > 0 && made.rule !== undefined)
    return { rule: made.rule, remark: notFor(tags, missed) };
  return isWhole && made.rule !== undefined ? { rule: made.rule } : made;
}

const FIXED = /^type=raw,value=([\w.-]+)((?:,(?:prefix|suffix)=[\w.-]*)*)$/;

/** What the grammar gives by the event itself; where it is asked for does not matter. */
const isOfGrammar = (rule: string) => /^type=(?:ref|edge|semver|pep440|match|schedule)/.test(rule);

const isFinal = (tag: string) => !tag.includes('-');

const asInput = (condition: string, rule: string) =>
  `write \`\${{ ${condition} && '${/^type=raw,value=([\w.-]+)$/.exec(rule)?.[1] ?? 'TAG'}' || '' }}\` into the input \`tags\` of the step, which counts for all images`;

const notFor = (given: readonly string[], missed: readonly string[]) =>
  `It was given to ${given.join(', ')}, and not to ${missed.join(', ')}; this rule holds for every version tag.`;

/** A fixed tag of versions is a pattern without parts, which pre-releases do not get. */
function onVersionsAlone(fixed: string, given: readonly string[], missed: readonly string[]): LimitedRule {
  const rule = `type=semver,pattern=${fixed}`;
  if (!given.every((tag) => /^v?\d/.test(tag)))
    return {
      remark: `Only tags like ${given[0]} get it, and no rule names them: ${asInput(`startsWith(github.ref_name, '${given[0]!.split(/\d/)[0]}')`, `type=raw,value=${fixed}`)}.`,
    };
  const others = missed.filter(isFinal);
  if (others.length > 0) return { rule, remark: notFor(given, others) };
  return given.every(isFinal)
    ? { rule }
    : { rule, remark: 'It was given to pre-releases, too; this rule leaves them out.' };
}

const PUSHES: Readonly<Record<Event, string>> = {
  'default-branch': 'the default branch',
  branch: 'other branches',
  tag: 'tags',
  'pull-request': 'pull requests',
};

function limitEvents(rule: string, events: ReadonlySet<Event>, all: ReadonlySet<Event>): LimitedRule {
  const expected = [...all].filter((event) => naturalEvents(rule).includes(event));
  const isLimited = expected.some((event) => !events.has(event));
  const onlyDefault = events.size === 1 && events.has('default-branch');
  const isFixed = /^type=raw,value=[^{]*$/.test(rule);
  if (!isLimited)
    return {
      rule: isFixed && onlyDefault && !/,enable=/.test(rule) ? `${rule},enable={{is_default_branch}}` : rule,
    };
  if (/,enable=/.test(rule)) return { rule };
  if (onlyDefault) return { rule: `${rule},enable={{is_default_branch}}` };
  if (events.has('branch') && events.size === 1 && !all.has('tag'))
    return { rule: `${rule},enable={{is_not_default_branch}}` };
  if ([...events].every((event) => event === 'pull-request'))
    return {
      remark: 'Pull requests are built and not published; the input `push: true` publishes them too.',
    };
  const others = expected.filter((event) => !events.has(event)).map((event) => PUSHES[event]);
  const given = [...events].map((event) => PUSHES[event]);
  return {
    rule,
    remark: `It was given to ${given.join(' and ')} alone; this rule holds for ${others.join(' and ')}, too.`,
  };
}

/** In which events a rule gives a tag at all. */
export function naturalEvents(rule: string): Event[] {
  if (/event=pr\b/.test(rule)) return ['pull-request'];
  if (/\{\{tag\}\}|event=tag|^type=(?:semver|pep440|match)/.test(rule)) return ['tag'];
  if (/\{\{branch\}\}|event=branch|^type=edge/.test(rule)) return ['branch', 'default-branch'];
  if (/^type=schedule/.test(rule)) return [];
  if (/enable=\{\{is_default_branch\}\}/.test(rule)) return ['default-branch'];
  return ['default-branch', 'branch', 'tag', 'pull-request'];
}
