import { createHash } from 'node:crypto';
import type { SolveStatus } from '../../src/builders/buildx/progress-stream.js';
import { splitLines } from '../../src/lib/split-lines.js';
import { parseDockerfile } from '../../src/dockerfile/parse.js';
import type { Log } from './log.js';

/** Instructions that BuildKit makes a step of, and counts; FROM is the first. */
const STEPS = new Set(['ADD', 'COPY', 'RUN', 'WORKDIR']);

/** An output of a step as buildx tells it; `stream` is 2 for standard error. */
type StepOutput = NonNullable<SolveStatus['logs']>[number] & { stream?: number };

/**
 * Tells of BuildKit's steps in Kaniko's words; what they print goes where they print it.
 * @param build.text the Dockerfile's; undefined: BuildKit alone knows it
 * @param build.cache repository that layers are said to be pushed to
 */
export function followSteps(
  build: { text?: string; target?: string; cache?: string },
  log: Log,
): (status: SolveStatus) => void {
  const told = new Set<string>();
  const pushed: string[] = [];
  const streams = new Map<string, ReturnType<typeof splitLines>>();
  const written = instructionsOf(build);
  return ({ vertexes = [], logs = [] }) => {
    for (const { digest, name, started, completed, cached } of vertexes) {
      if (started === undefined || told.has(digest)) continue;
      told.add(digest);
      const metadata = /^\[internal\] load metadata for (\S+)/.exec(name);
      const [, stage, number, text] = /^\[(?:([^\]]*)\s)?(\d+)\/\d+\] ([^]*)$/.exec(name) ?? [];
      if (metadata) log('info', `Retrieving image manifest ${metadata[1]}`);
      if (text === undefined) continue;
      const step = written(stage?.split(' ').at(-1), Number(number)) ?? text;
      const found = cached === true && completed !== undefined;
      tell(step, found, log);
      // Of the step before: Kaniko pushes its layer while this one runs.
      pushed.splice(0).forEach((line) => log('info', line));
      if (build.cache !== undefined && !found && /^(?:RUN|WORKDIR)/.test(step)) {
        pushed.push(...cachePush(build.cache, step));
      }
    }
    for (const { vertex, data, stream } of logs as StepOutput[]) {
      const target = stream === 2 ? process.stderr : process.stdout;
      const id = `${vertex} ${stream}`;
      if (!streams.has(id))
        streams.set(
          id,
          splitLines((line) => void target.write(`${line}\n`)),
        );
      streams.get(id)!.push(Buffer.from(data, 'base64'));
    }
  };
}

/** BuildKit's names of steps have values in place of variables; Kaniko tells what the Dockerfile says. */
function instructionsOf(build: {
  text?: string;
  target?: string;
}): (stage: string | undefined, number: number) => string | undefined {
  const parsed = build.text === undefined ? undefined : parseDockerfile(build.text);
  if (parsed === undefined || 'unreadable' in parsed) return () => undefined;
  const named = (name: string) =>
    parsed.stages.find((stage) => stage.name === name.toLowerCase() || `stage-${stage.index}` === name);
  const only = (build.target === undefined ? undefined : named(build.target)) ?? parsed.stages.at(-1);
  return (name, number) => {
    const stage = name === undefined ? only : named(name);
    const steps = stage?.instructions.filter(({ keyword }) => STEPS.has(keyword)) ?? [];
    const step = steps[number - 2];
    if (step === undefined) return undefined;
    const flags = step.flags.map((flag) => `--${flag.name}=${flag.value}`);
    return [step.keyword, ...flags, step.rest].join(' ');
  };
}

function cachePush(repository: string, step: string): string[] {
  const key = createHash('sha256').update(step).digest('hex');
  const reference = `${repository}:${key}`;
  return [
    `Pushing layer ${reference} to cache now`,
    `Pushing image to ${reference}`,
    `Pushed ${repository}@sha256:${key}`,
  ];
}

function tell(step: string, cached: boolean, log: Log): void {
  const base = /^FROM (\S+)/.exec(step);
  const command = /^RUN (?:--\S+ )*([^]*)$/.exec(step);
  if (base) {
    return log('info', `Building stage '${base[1]!.replace(/@sha256:.*/, '')}' [idx: '0', base-idx: '-1']`);
  }
  if (cached) log('info', `Using caching version of cmd: ${step}`);
  log('info', step);
  if (cached) return log('info', 'Found cached layer, extracting to filesystem');
  if (!command) return;
  log('info', 'Cmd: /bin/sh');
  log('info', `Args: [-c ${command[1]}]`);
  log('info', `Running: [/bin/sh -c ${command[1]}]`);
}
