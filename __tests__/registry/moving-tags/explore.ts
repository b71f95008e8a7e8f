import { setImmediate } from 'node:timers/promises';
import type { Memory, Turn } from './memory.js';

export interface Course {
  memory: Memory;
  /** Each run takes a turn for every operation. */
  runs: readonly ((turn: Turn) => Promise<void>)[];
}

export interface Explored {
  /** Number of distinct states. */
  states: number;
  /** Objections of `judge` to final states, each with the schedule that leads to it. */
  failures: string[];
}

/**
 * Explores the interleavings of the runs' operations. It plays each schedule from the start, one operation at a time,
 * and follows each state (the memory, and the answers that each run has received) only once.
 * @param most how often a run that could continue is interrupted; default: no limit, so every interleaving
 */
export async function explore(
  start: () => Course,
  judge: (memory: Memory) => string | undefined,
  most = Infinity,
): Promise<Explored> {
  const seen = new Set<string>();
  const failures: string[] = [];
  const schedules: { steps: number[]; interrupted: number }[] = [{ steps: [], interrupted: 0 }];
  for (let next = schedules.pop(); next !== undefined; next = schedules.pop()) {
    const play = await playTo(start(), next.steps);
    const { interrupted } = next;
    for (;;) {
      const running = runOf(play.steps.at(-1) ?? 0);
      const state = `${play.state()} ${most < Infinity ? `${running} ${interrupted}` : ''}`;
      if (seen.has(state)) break;
      seen.add(state);
      const waiting = play.waiting();
      const [first, ...others] = [
        ...waiting.filter((id) => runOf(id) === running),
        ...waiting.filter((id) => runOf(id) !== running),
      ];
      if (first === undefined) {
        const objection = await play.ended(judge);
        if (objection !== undefined) failures.push(`${objection}\n${play.story.join('\n')}`);
        break;
      }
      for (const other of others) {
        const cost = runOf(first) === running && runOf(other) !== running ? 1 : 0;
        if (interrupted + cost <= most)
          schedules.push({ steps: [...play.steps, other], interrupted: interrupted + cost });
      }
      await play.step(first);
    }
  }
  return { states: seen.size, failures };
}

const runOf = (id: number) => Math.floor(id / 1000);

async function playTo(course: Course, schedule: readonly number[]) {
  const { memory } = course;
  const pending = new Map<number, { what: string; happen: () => void }>();
  const answers = course.runs.map(() => '');
  const story: string[] = [];
  const taken: number[] = [];
  // Concurrent operations of one run are distinguished by their number.
  const counts = course.runs.map(() => 0);
  const ends = Promise.allSettled(
    course.runs.map((run, index) =>
      run((what, operation) => {
        const id = index * 1000 + counts[index]!++;
        return new Promise((resolve, reject) => {
          const happen = () => {
            const answer = operation();
            // After the ledger is written, a run no longer depends on earlier answers.
            if (what === 'write ledger') answers[index] = 'written ';
            else answers[index] += `${id % 1000}:${short(answer)} `;
            story.push(`run ${index}: ${what} → ${short(answer)}`);
            resolve(answer);
          };
          pending.set(id, {
            what,
            happen: () => {
              try {
                happen();
              } catch (error) {
                reject(error instanceof Error ? error : new Error(String(error)));
              }
            },
          });
        });
      }),
    ),
  );
  const step = async (id: number) => {
    const operation = pending.get(id);
    if (operation === undefined) throw new Error(`No operation ${id} waits.`);
    pending.delete(id);
    taken.push(id);
    operation.happen();
    await setImmediate();
  };
  await setImmediate();
  for (const id of schedule) await step(id);
  return {
    story,
    steps: taken,
    step,
    waiting: () => [...pending.keys()],
    state: () => `${memory.state()} | ${answers.join(' | ')}`,
    ended: async (judge: (memory: Memory) => string | undefined) => {
      const failed = (await ends).find((end) => end.status === 'rejected');
      return failed === undefined ? judge(memory) : `a run failed: ${String(failed.reason)}`;
    },
  };
}

function short(answer: unknown): string {
  if (answer === undefined) return '-';
  if (Array.isArray(answer)) return `[${answer.map(short).join()}]`;
  if (typeof answer === 'object' && answer !== null && 'digest' in answer) return String(answer.digest).slice(7, 15);
  return typeof answer === 'string' ? answer.slice(0, 15) : JSON.stringify(answer);
}
