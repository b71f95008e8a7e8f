import type { BuilderSettings, BuilderType } from '../../config/builder-settings.js';
import type { ListedBuilder } from '../../facts/docker.js';
import {
  judgeBuildx,
  judgeDispatch,
  judgeEndpoint,
  judgeKaniko,
  judgeKubernetes,
  judgeListed,
  judgeRemote,
} from './judges.js';
import type { ChoiceQuestion, Judged, Verdict } from './verdict.js';

/** Every builder that comes into question, best first. Each is judged when it is looked at. */
export function* candidatesOf(question: ChoiceQuestion): Generator<Judged> {
  for (const { id, type, judge } of order(question)) {
    const failed = question.failed.find((each) => each.id === id);
    const verdict: Verdict = failed ? { status: 'impossible', problems: failed.problems } : judge(question);
    yield { id, type, verdict };
  }
}

interface Candidate {
  id: string;
  type: BuilderType;
  judge(question: ChoiceQuestion): Verdict;
}

function* order(question: ChoiceQuestion): Generator<Candidate> {
  const { choice, facts } = question;
  const inActions = facts.machine.place.kind === 'actions';
  // The workflow that is dispatched reads the same configuration: there it builds itself.
  const settings = choice.settings.filter(({ type }) => !(inActions && type === 'dispatch'));
  if (choice.type === 'listed' && settings.length > 0) {
    for (const each of settings) yield configured(each, settings);
    return;
  }
  yield configured(settings.find(({ type }) => type === 'buildx') ?? { type: 'buildx' }, settings);
  yield* otherBuilders(question);
  yield* buildkits(question, settings);
  yield* inCluster(question, settings);
  yield configured(settings.find(({ type }) => type === 'dispatch') ?? { type: 'dispatch' }, settings);
}

function configured(settings: BuilderSettings, all: readonly BuilderSettings[]): Candidate {
  const { type } = settings;
  // A list may hold several of a kind.
  const at = all.filter((each) => each.type === type).indexOf(settings);
  return { id: at > 0 ? `${type}-${at}` : type, type, judge: (question) => judge(settings, question) };
}

function judge(settings: BuilderSettings, question: ChoiceQuestion): Verdict {
  switch (settings.type) {
    case 'buildx':
      return judgeBuildx(settings, question);
    case 'remote':
      return judgeRemote(settings, question);
    case 'kubernetes':
      return judgeKubernetes(settings, question);
    case 'kaniko':
      return judgeKaniko(settings, question);
    case 'dispatch':
      return judgeDispatch(settings, question);
  }
}

/** Those of `docker buildx ls` besides the present one. */
function* otherBuilders({ facts }: ChoiceQuestion): Generator<Candidate> {
  const { docker, builders } = facts;
  // Without buildx there is nothing to ask.
  if (docker === undefined || docker.docker === 'missing' || docker.buildx.status === 'missing') return;
  if (builders === undefined) {
    yield { id: 'builders', type: 'buildx', judge: () => ({ status: 'unknown', ask: 'builders' }) };
    return;
  }
  const present = docker.buildx.builder.name;
  for (const builder of builders) {
    if (builder.name === present || !standsApart(builder)) continue;
    yield {
      id: `builder ${builder.name}`,
      type: 'buildx',
      judge: (question) => judgeListed(builder, question),
    };
  }
}

/** The docker driver's belong to a docker context each, whose daemon was not asked what it can do. */
function standsApart({ driver }: ListedBuilder): boolean {
  return driver !== '' && driver !== 'docker';
}

/** Those of the configuration, then those that were found. */
function* buildkits(question: ChoiceQuestion, settings: readonly BuilderSettings[]): Generator<Candidate> {
  const { endpoints } = question.facts;
  const named = settings.filter((each) => each.type === 'remote');
  for (const each of named) yield configured(each, settings);
  if (endpoints === undefined) {
    yield { id: 'endpoints', type: 'remote', judge: () => ({ status: 'unknown', ask: 'endpoints' }) };
    return;
  }
  const addresses = named.flatMap(({ nodes }) => nodes.map(({ endpoint }) => endpoint));
  const others = endpoints.filter(({ address }) => !addresses.includes(address));
  for (const endpoint of others) {
    yield {
      id: `endpoint ${endpoint.address}`,
      type: 'remote',
      judge: (asked) => judgeEndpoint(endpoint, asked),
    };
  }
  if (named.length === 0 && others.length === 0) yield absent('remote', NO_BUILDKIT);
}

const NO_BUILDKIT = {
  reason: 'no BuildKit was found: BUILDKIT_HOST is not set, no socket of buildkitd is here',
  fix: 'Set BUILDKIT_HOST=tcp://HOST:1234, or write `builder: { type: remote, endpoint: tcp://HOST:1234 }`.',
};

/** A laptop's kubectl points at whatever cluster was looked at last: pods are started only where that is meant. */
function* inCluster(question: ChoiceQuestion, settings: readonly BuilderSettings[]): Generator<Candidate> {
  const inPod = question.facts.machine.pod !== undefined;
  for (const type of ['kubernetes', 'kaniko'] as const) {
    const own = settings.find((each) => each.type === type);
    if (own !== undefined) yield configured(own, settings);
    else if (inPod) yield configured({ type }, settings);
    else yield absent(type, { reason: NOT_IN_A_POD, fix: `Choose it: \`builder: ${type}\`.` });
  }
}

const NOT_IN_A_POD =
  'this is no pod, and pods are started in a cluster only where the configuration asks for it';

function absent(type: BuilderType, why: { reason: string; fix: string }): Candidate {
  return { id: `no ${type}`, type, judge: () => ({ status: 'absent', ...why }) };
}
