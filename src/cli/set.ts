import type { Invocation } from './arguments.js';
export async function runSet(
  _i: Extract<Invocation, { type: 'command' }>,
  _d: string,
  _w: (text: string) => void,
): Promise<number> {
  return 0;
}
