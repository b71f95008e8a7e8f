/**
 * Acts on shared state, one atomic step at a time. States are values: equal keys have the same future.
 */
export interface Actor<Shared, State> {
  name: string;
  start: State;
  key(state: State): string;
  /** All possible next steps, given the current shared state. */
  steps(state: State, shared: Shared): Promise<Step<Shared, State>[]>;
  /** Whether the actor has ended. It may still have steps, but they need not happen. */
  ended(state: State): boolean;
}

export interface Step<Shared, State> {
  /** A readable description, for example `reads the branch`. */
  label: string;
  state: State;
  shared: Shared;
}

export interface World<Shared, State> {
  shared: Shared;
  keyOf(shared: Shared): string;
  actors: readonly Actor<Shared, State>[];
  /** The violation by a change of the shared state; undefined if there is none. */
  wrongMove(before: Shared, after: Shared): string | undefined;
  /** The violation when all actors have ended; undefined if there is none. */
  wrongEnd(shared: Shared, states: readonly State[]): string | undefined;
}

export interface Explored {
  states: number;
  steps: number;
  /** Number of schedules in which all actors end. */
  schedules: number;
  /** The shortest schedule that leads to a violation; undefined if there is none. */
  wrong?: { what: string; schedule: string[] };
}

/** A step with the numbers of the actor's new state and of the new shared state. */
type NumberedStep = { label: string; state: number; shared: number };

/**
 * Explores every interleaving breadth first, each state once, so a violation is found on a shortest schedule.
 * The steps of an actor depend only on its state and the shared state, so they are computed once.
 */
export async function explore<Shared, State>(world: World<Shared, State>): Promise<Explored> {
  const shared = numbering(world.keyOf);
  const states = world.actors.map((actor) => numbering(actor.key));
  const known = world.actors.map(() => new Map<number, NumberedStep[]>());
  const moves = new Map<number, string | undefined>();
  const width = world.actors.length + 1;

  /** For each combined state, the number of the shared state, then of each actor's state. */
  const nodes: number[][] = [];
  const index = new Map<string, number>();
  const origin: { from: number; actor: number; label: string }[] = [];
  const arrivals: number[] = [];

  /** Returns known steps synchronously, because it is called millions of times. */
  function stepsOf(actor: number, node: readonly number[]): NumberedStep[] | Promise<NumberedStep[]> {
    const [at, own] = [node[0] as number, node[actor + 1] as number];
    const memo = known[actor] as Map<number, NumberedStep[]>;
    const key = own * SHARED_LIMIT + at;
    return memo.get(key) ?? workOut();

    async function workOut(): Promise<NumberedStep[]> {
      const numbers = states[actor] as Numbering<State>;
      const steps = await world.actors[actor]?.steps(numbers.value(own), shared.value(at));
      const numbered = (steps ?? []).map((step) => ({
        label: step.label,
        state: numbers.number(step.state),
        shared: shared.number(step.shared),
      }));
      memo.set(key, numbered);
      return numbered;
    }
  }

  function wrongMove(before: number, after: number): string | undefined {
    if (before === after) return undefined;
    const key = before * SHARED_LIMIT + after;
    if (!moves.has(key)) moves.set(key, world.wrongMove(shared.value(before), shared.value(after)));
    return moves.get(key);
  }

  const valuesOf = (node: readonly number[]) =>
    world.actors.map((_, actor) => (states[actor] as Numbering<State>).value(node[actor + 1] as number));
  const isEnd = (node: readonly number[]) => valuesOf(node).every((state, actor) => world.actors[actor]?.ended(state));

  function after(node: readonly number[], actor: number, step: NumberedStep): number[] {
    const next = node.slice();
    next[0] = step.shared;
    next[actor + 1] = step.state;
    return next;
  }

  function scheduleTo(node: number): string[] {
    const lines: string[] = [];
    for (let at = node; at !== 0; at = (origin[at] as { from: number }).from) {
      const { actor, label } = origin[at] as { actor: number; label: string };
      lines.unshift(`${world.actors[actor]?.name} ${label}`);
    }
    return lines;
  }

  const start = [shared.number(world.shared)];
  world.actors.forEach((actor, number) => start.push((states[number] as Numbering<State>).number(actor.start)));
  nodes.push(start);
  index.set(start.join(), 0);
  arrivals.push(0);
  origin.push({ from: 0, actor: 0, label: '' });
  let steps = 0;

  for (let from = 0; from < nodes.length; from++) {
    const node = nodes[from] as number[];
    for (let actor = 0; actor + 1 < width; actor++) {
      const next = stepsOf(actor, node);
      for (const step of next instanceof Promise ? await next : next) {
        const what = arrive(from, actor, step);
        if (what === undefined) continue;
        const schedule = [...scheduleTo(from), `${world.actors[actor]?.name} ${step.label}`];
        return { states: nodes.length, steps, schedules: 0, wrong: { what, schedule } };
      }
    }
  }
  return { states: nodes.length, steps, schedules: countSchedules() };

  function arrive(from: number, actor: number, step: NumberedStep): string | undefined {
    const node = nodes[from] as number[];
    const next = after(node, actor, step);
    const key = next.join();
    const seen = index.get(key);
    steps++;
    if (seen !== undefined) arrivals[seen] = (arrivals[seen] as number) + 1;
    else {
      index.set(key, nodes.length);
      nodes.push(next);
      arrivals.push(1);
      origin.push({ from, actor, label: step.label });
    }
    const moved = wrongMove(node[0] as number, step.shared);
    if (moved !== undefined || seen !== undefined || !isEnd(next)) return moved;
    return world.wrongEnd(shared.value(step.shared), valuesOf(next));
  }

  /** Counts the paths to each state in topological order. */
  function countSchedules(): number {
    const ways = new Float64Array(nodes.length);
    ways[0] = 1;
    let schedules = 0;
    let settled = 0;
    const ready = [0];
    for (let at = ready.pop(); at !== undefined; at = ready.pop()) {
      settled++;
      const node = nodes[at] as number[];
      if (isEnd(node)) schedules += ways[at] as number;
      for (let actor = 0; actor + 1 < width; actor++) {
        for (const step of stepsOf(actor, node) as NumberedStep[]) {
          const to = index.get(after(node, actor, step).join()) as number;
          ways[to] = (ways[to] as number) + (ways[at] as number);
          arrivals[to] = (arrivals[to] as number) - 1;
          if (arrivals[to] === 0) ready.push(to);
        }
      }
    }
    if (settled !== nodes.length) throw new Error('some run goes round in circles');
    return schedules;
  }
}

/** Far above the number of states; combines two numbers into one key. */
const SHARED_LIMIT = 2 ** 24;

interface Numbering<T> {
  number(value: T): number;
  value(number: number): T;
}

function numbering<T>(keyOf: (value: T) => string): Numbering<T> {
  const numbers = new Map<string, number>();
  const values: T[] = [];
  return {
    number(value) {
      const key = keyOf(value);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, values.length);
      return values.push(value) - 1;
    },
    value: (number) => values[number] as T,
  };
}
