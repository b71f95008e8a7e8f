import type { BuildFacts, BuildProbes, FactName } from '../facts/build-facts.js';
import type { Problem } from '../lib/errors.js';
import type { ProblemCode } from '../lib/problem-catalogue.js';
import { candidatesOf } from './choice/candidates.js';
import type { ChoiceQuestion, ChosenBuilder, FailedBuilder, Judged, Verdict } from './choice/verdict.js';

export type { ChoiceQuestion, ChosenBuilder, Judged } from './choice/verdict.js';

export type BuilderDecision =
  | {
      status: 'chosen';
      id: string;
      builder: ChosenBuilder;
      /** Which one, and what stands against a better one. */
      sentence: string;
      warnings: Problem[];
    }
  /** The answer hangs on something that was not found out yet. */
  | { status: 'ask'; fact: FactName }
  | { status: 'impossible'; problems: [Problem, ...Problem[]] };

/** The first builder, in the order of the choice, that can build. */
export function chooseBuilder(question: ChoiceQuestion): BuilderDecision {
  const passed: Judged[] = [];
  for (const judged of candidatesOf(question)) {
    const { id, verdict } = judged;
    if (verdict.status === 'unknown') return { status: 'ask', fact: verdict.ask };
    if (verdict.status === 'usable') {
      const { builder, how, warnings } = verdict;
      return { status: 'chosen', id, builder, warnings, sentence: sentenceOf(passed, how, question.failed) };
    }
    passed.push(judged);
  }
  return { status: 'impossible', problems: noBuilder(passed, question) };
}

/** What builds, and what it was chosen by. */
export interface FoundBuilder {
  decision: Exclude<BuilderDecision, { status: 'ask' }>;
  question: ChoiceQuestion;
}

/** Whether the release is made by a run on a forge, which publishes and rolls out by itself. */
export function isElsewhere({ decision }: FoundBuilder): boolean {
  return decision.status === 'chosen' && decision.builder.type === 'dispatch';
}

/** Chooses, and asks on the way for what it needs to know. */
export async function findBuilder(question: ChoiceQuestion, probes: BuildProbes): Promise<FoundBuilder> {
  let asked = question;
  for (;;) {
    const decision = chooseBuilder(asked);
    if (decision.status !== 'ask') return { decision, question: asked };
    asked = await learn(asked, decision.fact, probes);
  }
}

/** Judges every builder that comes into question, in the order of the choice. Asks for all facts. */
export async function judgeBuilders(
  question: ChoiceQuestion,
  probes: BuildProbes,
): Promise<{ judged: Judged[]; question: ChoiceQuestion }> {
  let asked = question;
  for (;;) {
    const judged = [...candidatesOf(asked)];
    const open = judged.map(({ verdict }) => verdict).find(({ status }) => status === 'unknown');
    if (open?.status !== 'unknown') return { judged, question: asked };
    asked = await learn(asked, open.ask, probes);
  }
}

async function learn<Name extends FactName>(
  question: ChoiceQuestion,
  fact: Name,
  probes: BuildProbes,
): Promise<ChoiceQuestion> {
  const probe: () => Promise<BuildFacts[Name]> = probes[fact];
  return { ...question, facts: { ...question.facts, [fact]: await probe() } };
}

/** Failures that say that the builder can't build here, whatever it is given. */
const UNABLE: readonly ProblemCode[] = [
  'build/nested-overlay',
  'build/builder-not-started',
  'build/builder-unusable',
  'build/buildkit-unreachable',
  'build/daemon-unreachable',
  // Pods that the cluster does not take, or never starts.
  'cluster/forbidden',
  'cluster/object-missing',
  'cluster/quota',
  'cluster/policy',
  'cluster/image',
  'cluster/unschedulable',
];

/**
 * The question without a builder that failed because it can't build here, so that the next one is taken. Each
 * builder is left out once, so this comes to an end.
 * @returns undefined when the failure is none of the builder
 */
export function withoutFailed(
  question: ChoiceQuestion,
  id: string,
  problems: readonly Problem[],
): ChoiceQuestion | undefined {
  const unable = problems.filter(({ code }) => UNABLE.includes(code));
  const [first, ...rest] = unable;
  if (first === undefined || question.failed.some((failed) => failed.id === id)) return undefined;
  const failed: FailedBuilder = { id, problems: [first, ...rest] };
  return { ...question, failed: [...question.failed, failed] };
}

/** The warning that another builder took over. */
export function tookOver(failed: Problem, next: Extract<BuilderDecision, { status: 'chosen' }>): Problem {
  return {
    code: 'build/next-builder',
    severity: 'warning',
    message: `The builder that was chosen could not build. ${next.sentence}`,
    fix: failed.fix,
  };
}

/** Why the builder that was tried failed, or what stands against the first of those passed over; and which one it is then. */
function sentenceOf(passed: readonly Judged[], how: string, failed: readonly FailedBuilder[]): string {
  const refused = passed.flatMap(({ verdict }) => (verdict.status === 'impossible' ? verdict.problems : []));
  const [first] = failed.at(-1)?.problems ?? refused;
  return first === undefined
    ? `Building with ${how}.`
    : `${first.message.replace(/\.$/, '')}; building with ${how}.`;
}

/** One error with all reasons and fixes. On a host Docker is what is expected, so its reason comes first there. */
function noBuilder(passed: readonly Judged[], question: ChoiceQuestion): [Problem, ...Problem[]] {
  const [first, ...others] = passed;
  const own = first?.verdict.status === 'impossible' ? first.verdict.problems : undefined;
  const expected = question.choice.type === 'auto' && question.facts.machine.pod === undefined;
  if (own !== undefined && (expected || others.length === 0)) {
    const [problem, ...rest] = own;
    const detail = [problem.detail, ...linesOf('Nor is there another builder:', others)].filter(Boolean);
    return [{ ...problem, ...(detail.length > 0 && { detail: detail.join('\n') }) }, ...rest];
  }
  return [
    {
      code: 'build/no-builder',
      severity: 'error',
      message: 'No builder can build the images here.',
      fix: 'Do what one of these lines says; `image-release doctor` shows what was found.',
      detail: linesOf('What was considered:', passed).join('\n'),
    },
  ];
}

function linesOf(title: string, judged: readonly Judged[]): string[] {
  if (judged.length === 0) return [];
  return [
    title,
    ...judged.flatMap(({ type, verdict }) =>
      objectionsOf(verdict).map(({ reason, fix }) => `  ${type}: ${reason} ${fix}`),
    ),
  ];
}

/** What stands against a builder, and the way out of it. */
export function objectionsOf(verdict: Verdict): { reason: string; fix: string }[] {
  switch (verdict.status) {
    case 'impossible':
      return verdict.problems.map(({ message, fix }) => ({ reason: message, fix }));
    case 'absent':
      return [
        { reason: `${verdict.reason.replace(/^./, (letter) => letter.toUpperCase())}.`, fix: verdict.fix },
      ];
    case 'usable':
    case 'unknown':
      return [];
  }
}
