import { createInterface } from 'node:readline/promises';

/** How long a question waits: the process ends some seconds after Ctrl-C whatever it does. */
const PATIENCE_MS = 5000;

/** Asks at the terminal; Ctrl-C again is a yes, silence a no. */
export async function askAtTerminal(question: string): Promise<'yes' | 'no'> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const again = new Promise<'yes'>((resolve) => terminal.once('SIGINT', () => resolve('yes')));
  try {
    const answer = terminal.question(`${question} `, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return await Promise.race([again, answer.then((text) => (/^y(es)?$/i.test(text.trim()) ? 'yes' : 'no'))]);
  } catch {
    return 'no';
  } finally {
    terminal.close();
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
