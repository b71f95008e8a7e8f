import { createInterface } from 'node:readline/promises';
import { ANSWER_MS } from '../builders/dispatch/cancel-run.js';

/** Asks at the terminal; Ctrl-C again is a yes, silence a no. */
export async function askAtTerminal(question: string): Promise<'yes' | 'no'> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const again = new Promise<'yes'>((resolve) => terminal.once('SIGINT', () => resolve('yes')));
  let line: 'open' | 'ended' = 'open';
  try {
    const answer = terminal.question(`${question} `, { signal: AbortSignal.timeout(ANSWER_MS) });
    const read = answer.then((text) => {
      line = 'ended';
      return /^y(es)?$/i.test(text.trim()) ? 'yes' : 'no';
    });
    return await Promise.race([again, read]);
  } catch {
    return 'no';
  } finally {
    terminal.close();
    // What is said next would overwrite the question.
    if (line === 'open') process.stderr.write('\n');
  }
}

/** Asks before something is done; Ctrl-C and the end of the input are a no. */
export async function confirmAtTerminal(question: string): Promise<'yes' | 'no'> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<'no'>((resolve) => {
    terminal.once('SIGINT', () => resolve('no'));
    terminal.once('close', () => resolve('no'));
  });
  try {
    const answer = terminal.question(`${question} `);
    return await Promise.race([ended, answer.then((text) => (/^y(es)?$/i.test(text.trim()) ? 'yes' : 'no'))]);
  } finally {
    terminal.close();
  }
}
