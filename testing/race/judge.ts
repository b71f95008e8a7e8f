import { git } from '../acme.js';
import { showLedger } from '../ledger-json.js';
import type { StageEnd } from '../runner/stage-process.js';
import { kustomizationWith, readKustomization, type Course } from './course.js';
import { IMAGES, winners, type RacingRun } from './runs.js';

interface Ended {
  course: Course;
  runs: readonly RacingRun[];
  /** One per run. */
  ends: readonly StageEnd[];
  /** Subjects of the commits that others made meanwhile. */
  unrelated: readonly string[];
}

export interface Verdict {
  faults: string[];
  exitCodes: Record<number, number>;
  deployCommits: number;
}

const DONE = 0;
const SUPERSEDED = 3;

/** Looks at what stands in the repository after all runs have ended. */
export async function judge(ended: Ended): Promise<Verdict> {
  const { course, runs, ends } = ended;
  const messages = await deployMessages(course);
  const exitCodes: Record<number, number> = {};
  for (const { exitCode } of ends) exitCodes[exitCode] = (exitCodes[exitCode] ?? 0) + 1;
  return {
    faults: [
      ...ends.flatMap((end, index) => badEnd(runs[index]!, end)),
      ...(await wrongTags(course, runs)),
      ...(await wrongLedger(course, runs)),
      ...committedTwice(runs, messages),
      ...(await lost(course, ended.unrelated)),
    ],
    exitCodes,
    deployCommits: messages.length,
  };
}

function badEnd({ run }: RacingRun, { exitCode, stderr }: StageEnd): string[] {
  if (exitCode === DONE || exitCode === SUPERSEDED) return [];
  return [`run ${run} ended with exit code ${exitCode}:\n${stderr.trim()}`];
}

/** The whole file is compared: not a byte but the tags may have changed. */
async function wrongTags({ bare }: Course, runs: readonly RacingRun[]): Promise<string[]> {
  const newest = winners(runs);
  const tags = Object.fromEntries(IMAGES.map((key) => [key, newest[key]?.tags[key]]));
  const [expected, found] = [kustomizationWith(tags), await readKustomization(bare)];
  return expected === found ? [] : [`the Kustomization should be\n${expected}\nbut is\n${found}`];
}

async function wrongLedger({ bare, commits }: Course, runs: readonly RacingRun[]): Promise<string[]> {
  const { images } = await showLedger((...args) => git(bare, args));
  const newest = winners(runs);
  return IMAGES.flatMap((key) => {
    const winner = newest[key];
    if (winner === undefined) return [];
    const entry = Object.values(images).find((candidate) => candidate.key === key);
    const [found, expected] = [
      [entry?.current.tag, entry?.newest.commit, entry?.newest.run],
      [winner.tags[key], commits[winner.source], winner.run],
    ].map((values) => values.join(' '));
    return found === expected ? [] : [`the ledger says of ${key}: ${found}, and should say: ${expected}`];
  });
}

async function deployMessages({ bare, commits }: Course): Promise<string[]> {
  const log = await git(bare, ['log', '-z', '--format=%B', `${commits.at(-1)}..main`]);
  return log.split('\0').filter((message) => message.includes('\nImage-Release-Id: '));
}

function committedTwice(runs: readonly RacingRun[], messages: readonly string[]): string[] {
  return runs.flatMap(({ run }) => {
    const times = messages.filter((message) => message.includes(`\nImage-Release-Run: ${run}\n`)).length;
    return times > 1 ? [`run ${run} was committed ${times} times`] : [];
  });
}

async function lost({ bare }: Course, unrelated: readonly string[]): Promise<string[]> {
  const subjects = (await git(bare, ['log', '--format=%s', 'main'])).split('\n');
  return unrelated.filter((name) => !subjects.includes(name)).map((name) => `the commit "${name}" is lost`);
}
