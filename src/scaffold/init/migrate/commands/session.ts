import type { Place } from '../../../../lib/errors.js';
import { fullReference, type Build, type Metadata } from '../build.js';
import { noteLeft, type Findings } from '../findings.js';
import type { Repository } from '../../found.js';
import type { Scenario } from '../scenarios.js';
import type { Call } from '../shell/shell.js';
import type { Variables } from '../shell/variables.js';

export interface Checkout {
  repository?: string;
  branch?: string;
  /** What it was checked out with, as an expression. */
  token?: string;
}

/** A token as an expression, unless it is that of the job, which is there without being named. */
export function namedToken(text: string | undefined): string | undefined {
  const isNamed = /^\$\{\{ (?!secrets\.GITHUB_TOKEN |github\.token )[\w.-]+ \}\}$/;
  return text !== undefined && isNamed.test(text) ? text : undefined;
}

/** One run of a job or a script: what its commands have in common. */
export interface Session {
  repository: Repository;
  scenario: Scenario;
  findings: Findings;
  variables: Variables;
  /** Images that stand in the local store, by reference. */
  local: Map<string, Build>;
  /** Of the workflow, in order; a hole `metadata 0 tags` names the first one's output. */
  metadata: readonly Metadata[];
  /** Dockerfiles that commands make, by path, with the one that each is made of. */
  made: Map<string, string>;
  /** Other repositories that were checked out, by folder. */
  checkouts: Map<string, Checkout>;
  /** Updates of tags that wait for how they are committed. */
  committing: { mode: 'commit' | 'pull-request'; branch?: string };
  /** Whether a step compares paths, so that its outputs say what changed. */
  compares: boolean;
  /** What the present commands did that counts; a step that did nothing is left over. */
  touched: number;
  /** Scripts that called the one that is followed. */
  depth: number;
}

/** Nothing has happened yet. */
export function newSession(
  of: Pick<Session, 'repository' | 'scenario' | 'findings' | 'variables' | 'metadata'>,
): Session {
  return {
    ...of,
    local: new Map(),
    made: new Map(),
    checkouts: new Map(),
    compares: false,
    committing: { mode: 'commit' },
    touched: 0,
    depth: 0,
  };
}

/** Scripts that call one another deeper than this are not followed. */
const DEEPEST = 4;

/** Follows what a script calls. @returns whether it was followed and did anything that counts */
export function deeper(session: Session, run: () => void): boolean {
  if (session.depth >= DEEPEST) return false;
  const { touched } = session;
  session.depth += 1;
  run();
  session.depth -= 1;
  return session.touched !== touched;
}

export interface Command {
  call: Call;
  /** Words after the name. */
  words: readonly string[];
  place: Place;
  session: Session;
}

export function leave(
  { session, place }: Pick<Command, 'session' | 'place'>,
  what: string,
  advice: string,
): void {
  noteLeft(session.findings, place, what, advice);
}

/** An image that stands in the local store now, published or not. */
export function addBuild({ session }: Pick<Command, 'session'>, build: Build): void {
  session.findings.builds.push(build);
  session.touched += 1;
  for (const reference of build.references) session.local.set(fullReference(reference), build);
}

/** Whether something happens under a condition that can't be known. */
export function noteConditions(command: Command, what: string): void {
  // What a script is called with says which of its parts to do, and all of them are wanted.
  const condition = command.call.conditions.find((text) => !/\$\{?[\d@#*]/.test(text));
  if (condition === undefined) return;
  leave(
    command,
    `${what} only if \`${condition}\``,
    'It is taken as if that held; leave it out of `image-release.yml` if it is not wanted always.',
  );
}
