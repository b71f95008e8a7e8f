import { createInterface } from 'node:readline/promises';
import { ANSWER_MS } from '../builders/dispatch/dispatch.js';
import { Cancelled } from '../lib/errors.js';

/**
 * Asks at the terminal. The end of the input means no.
 * @throws Cancelled on Ctrl-C
 */
export async function confirm(question: string): Promise<'yes' | 'no'> {
  const answer = await ask(question);
  if (answer === 'interrupted') throw new Cancelled('waiting for an answer');
  return answer;
}

/** Asks at the terminal whether to cancel; Ctrl-C again means yes, silence no. */
export async function askToCancel(question: string): Promise<'yes' | 'no'> {
  return (await ask(question, AbortSignal.timeout(ANSWER_MS))) === 'no' ? 'no' : 'yes';
}

async function ask(question: string, signal?: AbortSignal): Promise<'yes' | 'no' | 'interrupted'> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  let isAnswered = false;
  try {
    return await new Promise((resolve) => {
      terminal.once('SIGINT', () => resolve('interrupted'));
      terminal.once('close', () => resolve('no'));
      terminal.question(`${question} `, { signal }).then(
        (text) => {
          isAnswered = true;
          resolve(/^y(es)?$/i.test(text.trim()) ? 'yes' : 'no');
        },
        () => resolve('no'),
      );
    });
  } finally {
    terminal.close();
    if (!isAnswered) process.stderr.write('\n');
  }
}
