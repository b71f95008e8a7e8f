import type { BuilderSettings, BuilderType } from '../../config/builder-settings.js';
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
} from './builder-checks.js';

/** Checks every builder, best first; each only when the caller asks for it. */
export function* checkInOrder(inputs: ChoiceInputs): Generator<CheckedBuilder> {
  for (const { id, type, check } of builders(inputs)) {
    const failed = inputs.failed.find((each) => each.id === id);
    yield { id, type, check: failed ? { status: 'impossible', problems: failed.problems } : check(inputs) };
  }
}

interface OrderedBuilder {
  id: string;
  type: BuilderType;
  check(inputs: ChoiceInputs): BuilderCheck;
}

function* builders({ choice, facts }: ChoiceInputs): Generator<OrderedBuilder> {
  const inActions = facts.machine.place.kind === 'actions';
  // The dispatched workflow reads the same configuration: there it builds itself.
  const settings = choice.settings.filter(({ type }) => !(inActions && type === 'dispatch'));
  if (choice.type === 'listed' && settings.length > 0) {
    for (const each of settings) yield configured(each, settings);
    return;
  }
  yield configured(settings.find(({ type }) => type === 'buildx') ?? { type: 'buildx' }, settings);
  yield* otherBuildxBuilders(facts);
  yield* buildkits(facts, settings);
  yield* inCluster(facts, settings);
  yield configured(settings.find(({ type }) => type === 'dispatch') ?? { type: 'dispatch' }, settings);
}

function configured(settings: BuilderSettings, all: readonly BuilderSettings[]): OrderedBuilder {
  const { type } = settings;
  // A list may hold several of a type.
  const at = all.filter((each) => each.type === type).indexOf(settings);
  return { id: at > 0 ? `${type}-${at}` : type, type, check: (inputs) => checkSettings(settings, inputs) };
}

function checkSettings(settings: BuilderSettings, inputs: ChoiceInputs): BuilderCheck {
  switch (settings.type) {
    case 'buildx':
      return checkBuildx(settings, inputs);
    case 'remote':
      return checkRemote(settings, inputs);
    case 'kubernetes':
      return checkKubernetes(settings, inputs);
    case 'kaniko':
      return checkKaniko(settings, inputs);
    case 'dispatch':
      return checkDispatch(settings, inputs);
  }
}

/** Those of `docker buildx ls` that aren't selected. The docker driver's belong to other docker contexts. */
function* otherBuildxBuilders({ docker, builders: listed }: ChoiceInputs['facts']): Generator<OrderedBuilder> {
  if (docker === undefined || docker.docker === 'missing' || docker.buildx.status === 'missing') return;
  if (listed === undefined) {
    yield unknown('buildx', 'builders');
    return;
  }
  const selected = docker.buildx.builder.name;
  for (const builder of listed) {
    if (builder.name === selected || builder.driver === '' || builder.driver === 'docker') continue;
    const id = `builder ${builder.name}`;
    yield { id, type: 'buildx', check: (inputs) => checkListed(builder, inputs) };
  }
}

/** Those of the configuration, then those that were found. */
function* buildkits(
  { endpoints }: ChoiceInputs['facts'],
  settings: readonly BuilderSettings[],
): Generator<OrderedBuilder> {
  const named = settings.filter((each) => each.type === 'remote');
  for (const each of named) yield configured(each, settings);
  if (endpoints === undefined) {
    yield unknown('remote', 'endpoints');
    return;
  }
  const addresses = named.flatMap(({ nodes }) => nodes.map(({ endpoint }) => endpoint));
  const others = endpoints.map(({ address }) => address).filter((address) => !addresses.includes(address));
  for (const endpoint of others) {
    const remote = { type: 'remote' as const, nodes: [{ endpoint, platforms: [] }] };
    yield { id: `endpoint ${endpoint}`, type: 'remote', check: (inputs) => checkRemote(remote, inputs) };
  }
  if (named.length === 0 && others.length === 0) yield absent('remote', NO_BUILDKIT);
}

const NO_BUILDKIT = {
  reason: 'no BuildKit was found: BUILDKIT_HOST is not set, and there is no socket of buildkitd',
  fix: 'Set BUILDKIT_HOST=tcp://HOST:1234, or write `builder: { type: remote, endpoint: tcp://HOST:1234 }`.',
};

/** A laptop's kubectl points at any cluster: outside of a pod only the configuration starts pods. */
function* inCluster(
  { machine }: ChoiceInputs['facts'],
  settings: readonly BuilderSettings[],
): Generator<OrderedBuilder> {
  for (const type of ['kubernetes', 'kaniko'] as const) {
    const own = settings.find((each) => each.type === type);
    if (own !== undefined) yield configured(own, settings);
    else if (machine.pod !== undefined) yield configured({ type }, settings);
    else yield absent(type, { reason: NOT_IN_A_POD, fix: `Choose it: \`builder: ${type}\`.` });
  }
}

const NOT_IN_A_POD = 'this is no pod, and outside of a cluster only the configuration starts pods';

function absent(type: BuilderType, why: { reason: string; fix: string }): OrderedBuilder {
  return { id: `no ${type}`, type, check: () => ({ status: 'absent', ...why }) };
}

function unknown(type: BuilderType, missing: 'builders' | 'endpoints'): OrderedBuilder {
  return { id: missing, type, check: () => ({ status: 'unknown', missing }) };
}
