import { objectionsOf, type BuilderDecision } from '../builders/builder-choice.js';
import type { Judged, Verdict } from '../builders/choice/verdict.js';
import { BUILDER_TYPES } from '../config/builder-settings.js';
import type { BuildFacts } from '../facts/build-facts.js';
import type { Problem } from '../lib/errors.js';
import { describeFacts } from './doctor-facts.js';
import { renderProblems, type Style } from './terminal.js';

/** What `doctor` found out. */
export interface Diagnosis {
  facts: BuildFacts;
  /** `broken`: what there is can't be used, or this is no checkout. */
  project:
    | { status: 'loaded'; origin: string; builder: string }
    | { status: 'broken'; problems: readonly Problem[] };
  /** Whether the images may be pushed; undefined: no configuration says where to. */
  registry?: { images: string[]; problems: Problem[] };
  /** Every builder, in the order of `auto`. */
  judged: Judged[];
  /** What `auto` would take. */
  auto: Decided;
  /** What the configuration asks for; undefined: nothing but `auto`. */
  configured?: Decided;
}

export type Decided = Exclude<BuilderDecision, { status: 'ask' }>;

/** 0: something can build. */
export function exitCodeOfDoctor({ auto, configured }: Diagnosis): 0 | 1 {
  return (configured ?? auto).status === 'chosen' ? 0 : 1;
}

/** Facts, verdicts with their fixes, and the choice. */
export function renderDoctor(diagnosis: Diagnosis, style: Style): string {
  const facts = describeFacts(diagnosis);
  const width = Math.max(...facts.map(([name]) => name.length));
  const row = (name: string, line: string) =>
    style.fit(`${name && style.strong(name)}${' '.repeat(width - name.length)}  ${line}`, width + 2);
  const { project, registry, judged } = diagnosis;
  const others = exitCodeOfDoctor(diagnosis) === 0 ? 'reasons' : 'fixes';
  return [
    ...facts.flatMap(([name, ...lines]) => lines.map((line, at) => row(at === 0 ? name : '', line))),
    '',
    style.strong('Builders'),
    ...judged.flatMap((each, at) => renderVerdict(each, judged[at - 1], others, style)),
    '',
    ...choiceLines(diagnosis, style).map((line) => style.fit(line, 2)),
    ...(others === 'reasons' && judged.some(({ verdict }) => verdict.status === 'absent')
      ? [style.faint('  Show what another builder needs: image-release doctor --builder NAME')]
      : []),
    ...renderProblems(
      [...(registry?.problems ?? []), ...(project.status === 'broken' ? project.problems : [])],
      style,
    ),
    '',
  ].join('\n');
}

const WIDTH = Math.max(...BUILDER_TYPES.map((type) => type.length));

/** @param absent whether builders that nobody misses tell how they are got */
function renderVerdict(
  { type, verdict }: Judged,
  before: Judged | undefined,
  absent: 'reasons' | 'fixes',
  style: Style,
): string[] {
  const [mark, all] = marked(verdict, style);
  const isBrief = verdict.status === 'absent' && absent === 'reasons';
  const isSame = isBrief && before?.verdict.status === 'absent' && before.verdict.reason === verdict.reason;
  const lines = isSame ? [`As for ${before.type}.`] : isBrief ? all.slice(0, 1) : all;
  const indent = ' '.repeat(WIDTH + 6);
  const [first = '', ...rest] = lines;
  return [
    style.fit(`  ${mark} ${type.padEnd(WIDTH)}  ${first}`, indent.length),
    ...rest.map((line) => style.fit(`${indent}${line}`, indent.length + 2)),
  ];
}

function marked(verdict: Verdict, style: Style): [mark: string, lines: string[]] {
  if (verdict.status === 'usable') {
    return [style.good('✓'), [verdict.how, ...verdict.warnings.map(({ message }) => style.faint(message))]];
  }
  const lines = objectionsOf(verdict).flatMap(({ reason, fix }) => [reason, style.faint(`→ ${fix}`)]);
  const detail =
    verdict.status === 'impossible' ? verdict.problems.map((problem) => problem.detail ?? '') : [];
  const more = detail.filter((text) => text !== '').flatMap((text) => text.split('\n'));
  return [
    verdict.status === 'absent' ? style.faint('–') : style.bad('✗'),
    [...lines, ...more.map(style.faint)],
  ];
}

function choiceLines({ auto, configured, project, judged }: Diagnosis, style: Style): string[] {
  const told = (name: string, decided: Decided) =>
    decided.status === 'chosen'
      ? `${style.good('✓')} ${name} builds with ${howOf(decided.id, judged, decided)}`
      : `${style.bad('✗')} ${name}: no builder works here.`;
  return [
    ...(configured === undefined || project.status === 'broken'
      ? []
      : [told(`builder: ${project.builder}`, configured)]),
    told('auto', auto),
  ];
}

function howOf(
  id: string,
  judged: readonly Judged[],
  { sentence }: Extract<Decided, { status: 'chosen' }>,
): string {
  const verdict = judged.find((each) => each.id === id)?.verdict;
  if (verdict?.status === 'usable') return `${verdict.how}.`;
  return sentence;
}

/** As docs/builders.md describes it. */
export function doctorAsJson(diagnosis: Diagnosis): unknown {
  const { facts, project, registry, judged, auto, configured } = diagnosis;
  return {
    facts,
    project,
    ...(registry && { registry }),
    builders: judged.map(({ id, type, verdict }) => ({
      id,
      type,
      ...(verdict.status === 'usable'
        ? { status: 'usable', with: verdict.how, warnings: verdict.warnings }
        : { status: verdict.status, objections: objectionsOf(verdict), codes: codesOf(verdict) }),
    })),
    auto: decidedAsJson(auto),
    ...(configured && { configured: decidedAsJson(configured) }),
  };
}

function codesOf(verdict: Verdict): string[] {
  return verdict.status === 'impossible' ? verdict.problems.map(({ code }) => code) : [];
}

function decidedAsJson(decided: Decided): unknown {
  if (decided.status === 'impossible') return decided;
  const { status, id, builder, sentence, warnings } = decided;
  return { status, id, type: builder.type, sentence, warnings };
}
