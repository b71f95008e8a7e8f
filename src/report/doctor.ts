import {
  objectionsOf,
  type BuilderCheck,
  type BuilderDecision,
  type CheckedBuilder,
} from '../builders/builder-choice.js';
import { BUILDER_TYPES } from '../config/builder-settings.js';
import type { BuildFacts } from '../facts/build-facts.js';
import type { Problem } from '../lib/errors.js';
import { describeFacts } from './doctor-facts.js';
import { renderProblems, type Style } from './terminal.js';

/** What `doctor` found out. */
export interface Diagnosis {
  facts: BuildFacts;
  /** `broken`: what there is can't be used, or this is no checkout. */
  project: { status: 'loaded'; origin: string; builder: string } | { status: 'broken'; problems: readonly Problem[] };
  /** Whether the images may be pushed; undefined: no configuration says where to. */
  registry?: { images: string[]; problems: Problem[] };
  /** Every builder, in the order of `auto`. */
  builders: CheckedBuilder[];
  /** What `auto` would take. */
  auto: Decided;
  /** What the configuration asks for; undefined: nothing but `auto`. */
  configured?: Decided;
}

export type Decided = BuilderDecision;

/** 0: something can build. */
export function exitCodeOfDoctor({ auto, configured }: Diagnosis): 0 | 1 {
  return (configured ?? auto).status === 'chosen' ? 0 : 1;
}

/** Facts, checks with their fixes, and the choice. */
export function renderDoctor(diagnosis: Diagnosis, style: Style): string {
  const facts = describeFacts(diagnosis);
  const width = Math.max(...facts.map(([name]) => name.length));
  const row = (name: string, line: string) =>
    style.fit(`${name && style.strong(name)}${' '.repeat(width - name.length)}  ${line}`, width + 2);
  const { project, registry, builders } = diagnosis;
  const others = exitCodeOfDoctor(diagnosis) === 0 ? 'reasons' : 'fixes';
  return [
    ...facts.flatMap(([name, ...lines]) => lines.map((line, at) => row(at === 0 ? name : '', line))),
    '',
    style.strong('Builders'),
    ...builders.flatMap((each, at) => renderVerdict(each, builders[at - 1], others, style)),
    '',
    ...choiceLines(diagnosis, style).map((line) => style.fit(line, 2)),
    ...(others === 'reasons' && builders.some(({ check }) => check.status === 'absent')
      ? [style.faint('  Show what another builder needs: image-release doctor --builder NAME')]
      : []),
    ...renderProblems([...(registry?.problems ?? []), ...(project.status === 'broken' ? project.problems : [])], style),
    '',
  ].join('\n');
}

const WIDTH = Math.max(...BUILDER_TYPES.map((type) => type.length));

/** @param absent whether builders that nobody misses tell how they are got */
function renderVerdict(
  { type, check }: CheckedBuilder,
  before: CheckedBuilder | undefined,
  absent: 'reasons' | 'fixes',
  style: Style,
): string[] {
  const [mark, all] = marked(check, style);
  const isBrief = check.status === 'absent' && absent === 'reasons';
  const isSame = isBrief && before?.check.status === 'absent' && before.check.reason === check.reason;
  const lines = isSame ? [`As for ${before.type}.`] : isBrief ? all.slice(0, 1) : all;
  const indent = ' '.repeat(WIDTH + 6);
  const [first = '', ...rest] = lines;
  return [
    style.fit(`  ${mark} ${type.padEnd(WIDTH)}  ${first}`, indent.length),
    ...rest.map((line) => style.fit(`${indent}${line}`, indent.length + 2)),
  ];
}

function marked(check: BuilderCheck, style: Style): [mark: string, lines: string[]] {
  if (check.status === 'usable') {
    return [style.good('✓'), [check.how, ...check.warnings.map(({ message }) => style.faint(message))]];
  }
  const lines = objectionsOf(check).flatMap(({ reason, fix }) => [reason, style.faint(`→ ${fix}`)]);
  const detail = check.status === 'impossible' ? check.problems.map((problem) => problem.detail ?? '') : [];
  const more = detail.filter((text) => text !== '').flatMap((text) => text.split('\n'));
  return [check.status === 'absent' ? style.faint('–') : style.bad('✗'), [...lines, ...more.map(style.faint)]];
}

function choiceLines({ auto, configured, project, builders }: Diagnosis, style: Style): string[] {
  const told = (name: string, decided: Decided) =>
    decided.status === 'chosen'
      ? `${style.good('✓')} ${name} builds with ${howOf(decided.id, builders, decided)}`
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
  builders: readonly CheckedBuilder[],
  { sentence }: Extract<Decided, { status: 'chosen' }>,
): string {
  const check = builders.find((each) => each.id === id)?.check;
  if (check?.status === 'usable') return `${check.how}.`;
  return sentence;
}

/** As docs/builders.md describes it. */
export function doctorAsJson(diagnosis: Diagnosis): unknown {
  const { facts, project, registry, builders, auto, configured } = diagnosis;
  return {
    facts,
    project,
    ...(registry && { registry }),
    builders: builders.map(({ id, type, check }) => ({
      id,
      type,
      ...(check.status === 'usable'
        ? { status: 'usable', with: check.how, warnings: check.warnings }
        : { status: check.status, objections: objectionsOf(check), codes: codesOf(check) }),
    })),
    auto: decidedAsJson(auto),
    ...(configured && { configured: decidedAsJson(configured) }),
  };
}

function codesOf(check: BuilderCheck): string[] {
  return check.status === 'impossible' ? check.problems.map(({ code }) => code) : [];
}

function decidedAsJson(decided: Decided): unknown {
  if (decided.status === 'impossible') return decided;
  const { status, id, builder, sentence, warnings } = decided;
  return { status, id, type: builder.type, sentence, warnings };
}
