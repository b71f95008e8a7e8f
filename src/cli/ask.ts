import { createInterface } from 'node:readline/promises';
import { ANSWER_MS, type AskCancel } from '../builders/dispatch/cancel-run.js';
import { Cancelled } from '../lib/errors.js';

export type Ask = AskCancel;

/**
 * Asks at the terminal. The end of the input means no.
 * @throws Cancelled on Ctrl-C
 */
export async function confirm(question: string): Promise<'yes' | 'no'> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  let isAnswered = false;
  try {
    return await new Promise((resolve, reject) => {
      terminal.once('SIGINT', () => reject(new Cancelled('waiting for an answer')));
      terminal.once('close', () => resolve('no'));
      terminal.question(`${question} `).then((text) => {
        isAnswered = true;
        resolve(isYes(text) ? 'yes' : 'no');
      }, reject);
    });
  } finally {
    terminal.close();
    if (!isAnswered) process.stderr.write('\n');
  }
}

/** Asks at the terminal whether to cancel; Ctrl-C again means yes, silence no. */
export async function askToCancel(question: string): Promise<'yes' | 'no'> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const again = new Promise<'yes'>((resolve) => terminal.once('SIGINT', () => resolve('yes')));
  let isAnswered = false;
  try {
    const answer = terminal.question(`${question} `, { signal: AbortSignal.timeout(ANSWER_MS) });
    const read = answer.then((text) => {
      isAnswered = true;
      return isYes(text) ? 'yes' : 'no';
    });
    return await Promise.race([again, read]);
  } catch {
    return 'no';
  } finally {
    terminal.close();
    if (!isAnswered) process.stderr.write('\n');
  }
}

const isYes = (text: string) => /^y(es)?$/i.test(text.trim());
