import { settingsFor } from '../config/builder-settings.js';
import type { BuilderSettings, BuilderType, RemoteSettings } from '../config/builder-settings.js';
import type { BuildFacts, BuildProbes, FactName } from '../facts/build-facts.js';
import { problem, warning, type Problem } from '../lib/errors.js';
import type { ProblemCode } from '../lib/problem-catalogue.js';
import {
  checkBuildx,
  checkDispatch,
  checkKaniko,
  checkKubernetes,
  checkListed,
  checkRemote,
  type BuilderCheck,
  type CheckedBuilder,
  type ChoiceInputs,
  type ChosenBuilder,
} from './choice/builder-checks.js';

export type { BuilderCheck, CheckedBuilder, ChoiceInputs, ChosenBuilder } from './choice/builder-checks.js';

export type BuilderDecision =
  | {
      status: 'chosen';
      id: string;
      builder: ChosenBuilder;
      /** Which one, and why no better one. */
      sentence: string;
      warnings: Problem[];
    }
  | { status: 'impossible'; problems: [Problem, ...Problem[]] };

type MissingFact = Extract<BuilderCheck, { status: 'unknown' }>;

/** The first builder, in order of preference, that can build. */
export function chooseBuilder(inputs: ChoiceInputs): BuilderDecision | MissingFact {
  const passed: CheckedBuilder[] = [];
  for (const checked of checkInOrder(inputs)) {
    const { id, check } = checked;
    if (check.status === 'unknown') return check;
    if (check.status === 'usable') {
      const { builder, how, warnings } = check;
      return { status: 'chosen', id, builder, warnings, sentence: sentenceOf(passed, how, inputs.failed) };
    }
    passed.push(checked);
  }
  return { status: 'impossible', problems: noBuilder(passed, inputs) };
}

export interface FoundBuilder {
  decision: BuilderDecision;
  inputs: ChoiceInputs;
}

/** A run on GitHub makes the whole release: it publishes and deploys. */
export function buildsOnGitHub({ decision }: FoundBuilder): boolean {
  return decision.status === 'chosen' && decision.builder.type === 'dispatch';
}

/** Chooses, and probes the facts that the choice needs. */
export async function findBuilder(inputs: ChoiceInputs, probes: BuildProbes): Promise<FoundBuilder> {
  const { result, inputs: known } = await withFacts(inputs, probes, chooseBuilder);
  return { decision: result, inputs: known };
}

/** Checks every builder, in order of preference. Probes all facts. */
export async function checkBuilders(inputs: ChoiceInputs, probes: BuildProbes): Promise<CheckedBuilder[]> {
  const { result } = await withFacts(inputs, probes, (known) => {
    const builders = [...checkInOrder(known)];
    return builders.map(({ check }) => check).find((check) => check.status === 'unknown') ?? builders;
  });
  return result;
}

async function withFacts<T extends object>(
  inputs: ChoiceInputs,
  probes: BuildProbes,
  decide: (known: ChoiceInputs) => T | MissingFact,
): Promise<{ result: T; inputs: ChoiceInputs }> {
  for (let known = inputs; ;) {
    const result = decide(known);
    if (!isMissing(result)) return { result, inputs: known };
    const probe: () => Promise<BuildFacts[FactName]> = probes[result.missing];
    known = { ...known, facts: { ...known.facts, [result.missing]: await probe() } };
  }
}

const isMissing = (result: object): result is MissingFact => 'missing' in result;

/** Checks every builder, best first; each only when the caller asks for it. */
function* checkInOrder(inputs: ChoiceInputs): Generator<CheckedBuilder> {
  for (const checked of builders(inputs)) {
    const failed = inputs.failed.find(({ id }) => id === checked.id);
    yield failed ? { ...checked, check: { status: 'impossible', problems: failed.problems } } : checked;
  }
}

function* builders(inputs: ChoiceInputs): Generator<CheckedBuilder> {
  const { choice, facts } = inputs;
  const inActions = facts.machine.place.kind === 'actions';
  // The dispatched workflow reads the same configuration: there it builds itself.
  const settings = choice.settings.filter(({ type }) => !(inActions && type === 'dispatch'));
  const configured = (own: BuilderSettings): CheckedBuilder => {
    const { type } = own;
    // A list may hold several of a type.
    const at = settings.filter((each) => each.type === type).indexOf(own);
    return { id: at > 0 ? `${type}-${at}` : type, type, check: CHECKS[type](own as never, inputs) };
  };
  if (choice.type === 'listed' && settings.length > 0) {
    for (const each of settings) yield configured(each);
    return;
  }
  yield configured(settingsFor(settings, 'buildx') ?? { type: 'buildx' });
  yield* otherBuildxBuilders(inputs);
  const remotes = settings.filter((each) => each.type === 'remote');
  for (const each of remotes) yield configured(each);
  yield* otherBuildkits(inputs, remotes);
  for (const type of ['kubernetes', 'kaniko'] as const) {
    const own = settingsFor(settings, type);
    // A laptop's kubectl points at any cluster: outside of a pod only the configuration starts pods.
    if (own !== undefined || facts.machine.pod !== undefined) yield configured(own ?? { type });
    else yield absent(type, { reason: NOT_IN_A_POD, fix: `Choose it: \`builder: ${type}\`.` });
  }
  yield configured(settingsFor(settings, 'dispatch') ?? { type: 'dispatch' });
}

const CHECKS: Record<BuilderType, (settings: never, inputs: ChoiceInputs) => BuilderCheck> = {
  buildx: checkBuildx,
  remote: checkRemote,
  kubernetes: checkKubernetes,
  kaniko: checkKaniko,
  dispatch: checkDispatch,
};

/** Those of `docker buildx ls` that aren't selected. The docker driver's belong to other docker contexts. */
function* otherBuildxBuilders(inputs: ChoiceInputs): Generator<CheckedBuilder> {
  const { docker, builders: listed } = inputs.facts;
  if (docker === undefined || docker.docker === 'missing' || docker.buildx.status === 'missing') return;
  if (listed === undefined) {
    yield unknown('buildx', 'builders');
    return;
  }
  const selected = docker.buildx.builder.name;
  for (const builder of listed) {
    if (builder.name === selected || builder.driver === '' || builder.driver === 'docker') continue;
    yield { id: `builder ${builder.name}`, type: 'buildx', check: checkListed(builder, inputs) };
  }
}

/** Those that the configuration doesn't name. */
function* otherBuildkits(inputs: ChoiceInputs, named: readonly RemoteSettings[]): Generator<CheckedBuilder> {
  const { endpoints } = inputs.facts;
  if (endpoints === undefined) {
    yield unknown('remote', 'endpoints');
    return;
  }
  const addresses = named.flatMap(({ nodes }) => nodes.map(({ endpoint }) => endpoint));
  const others = endpoints.map(({ address }) => address).filter((address) => !addresses.includes(address));
  for (const endpoint of others) {
    const check = checkRemote({ type: 'remote', nodes: [{ endpoint, platforms: [] }] }, inputs);
    yield { id: `endpoint ${endpoint}`, type: 'remote', check };
  }
  if (named.length === 0 && others.length === 0) yield absent('remote', NO_BUILDKIT);
}

const NO_BUILDKIT = {
  reason: 'no BuildKit was found: BUILDKIT_HOST is not set, and there is no socket of buildkitd',
  fix: 'Set BUILDKIT_HOST=tcp://HOST:1234, or write `builder: { type: remote, endpoint: tcp://HOST:1234 }`.',
};

const NOT_IN_A_POD = 'this is no pod, and outside of a cluster only the configuration starts pods';

function absent(type: BuilderType, why: { reason: string; fix: string }): CheckedBuilder {
  return { id: `no ${type}`, type, check: { status: 'absent', ...why } };
}

function unknown(type: BuilderType, missing: 'builders' | 'endpoints'): CheckedBuilder {
  return { id: missing, type, check: { status: 'unknown', missing } };
}

/** Failures because the builder can't build here, whatever it gets. */
const UNABLE: readonly ProblemCode[] = [
  'build/nested-overlay',
  'build/builder-unusable',
  'build/daemon-unreachable',
  // Pods that the cluster does not accept, or never starts.
  'cluster/forbidden',
  'cluster/object-missing',
  'cluster/quota',
  'cluster/policy',
  'cluster/image',
  'cluster/unschedulable',
];

/**
 * The inputs without a builder that can't build here, so that the next one is chosen. Each builder is left out once.
 * @returns undefined if the builder isn't the reason for the failure
 */
export function withoutFailed(
  inputs: ChoiceInputs,
  id: string,
  problems: readonly Problem[],
): ChoiceInputs | undefined {
  const [first, ...rest] = problems.filter(({ code }) => UNABLE.includes(code));
  if (first === undefined || inputs.failed.some((failed) => failed.id === id)) return undefined;
  return { ...inputs, failed: [...inputs.failed, { id, problems: [first, ...rest] }] };
}

export function nextBuilderWarning(failed: Problem, { sentence }: { sentence: string }): Problem {
  return warning({
    code: 'build/next-builder',
    message: `The chosen builder could not build. ${sentence}`,
    fix: failed.fix,
  });
}

function sentenceOf(passed: readonly CheckedBuilder[], how: string, failed: ChoiceInputs['failed']): string {
  const refused = passed.flatMap(({ check }) => (check.status === 'impossible' ? check.problems : []));
  const [first] = failed.at(-1)?.problems ?? refused;
  return first === undefined ? `Building with ${how}.` : `${first.message.replace(/\.$/, '')}; building with ${how}.`;
}

/** One error with all reasons and fixes. Outside of a pod Docker is the usual builder, so its reason comes first. */
function noBuilder(passed: readonly CheckedBuilder[], { choice, facts }: ChoiceInputs): [Problem, ...Problem[]] {
  const [first, ...others] = passed;
  const isUsual = choice.type === 'auto' && facts.machine.pod === undefined;
  if (first?.check.status === 'impossible' && (isUsual || others.length === 0)) {
    const [cause, ...rest] = first.check.problems;
    const detail = [cause.detail, ...linesOf('There is no other builder:', others)].filter(Boolean);
    return [{ ...cause, ...(detail.length > 0 && { detail: detail.join('\n') }) }, ...rest];
  }
  return [
    problem({
      code: 'build/no-builder',
      message: 'No builder can build the images here.',
      detail: linesOf('Builders:', passed).join('\n'),
    }),
  ];
}

function linesOf(title: string, checked: readonly CheckedBuilder[]): string[] {
  if (checked.length === 0) return [];
  const lines = checked.flatMap(({ type, check }) =>
    objectionsOf(check).map(({ reason, fix }) => `  ${type}: ${reason} ${fix}`),
  );
  return [title, ...lines];
}

export function objectionsOf(check: BuilderCheck): { reason: string; fix: string }[] {
  if (check.status === 'impossible') return check.problems.map(({ message, fix }) => ({ reason: message, fix }));
  if (check.status !== 'absent') return [];
  return [{ reason: `${check.reason.replace(/^./, (letter) => letter.toUpperCase())}.`, fix: check.fix }];
}
