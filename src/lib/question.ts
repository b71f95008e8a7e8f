/** A terminal where somebody sits. */
export interface Terminal {
  input: NodeJS.ReadStream;
  output: NodeJS.WritableStream;
  /** Told of SIGINT: `process`. */
  signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

/**
 * Asks a question in an emergency: `y` or another Ctrl-C is a yes; any other line, the end of the input and a silence
 * of `ms` are a no.
 */
export function askInEmergency(
  question: string,
  { input, output, signals }: Terminal,
  ms: number,
): Promise<'yes' | 'no'> {
  return new Promise((resolve) => {
    const answer = (word: 'yes' | 'no') => {
      clearTimeout(timer);
      input.off('data', read).off('end', refuse).pause();
      signals.off('SIGINT', agree);
      output.write('\n');
      resolve(word);
    };
    const agree = () => answer('yes');
    const refuse = () => answer('no');
    const read = (text: Buffer | string) => answer(/^\s*y(?:es)?\s*$/i.test(String(text)) ? 'yes' : 'no');
    const timer = setTimeout(refuse, ms);
    signals.on('SIGINT', agree);
    input.on('data', read).on('end', refuse);
    output.write(`${question} `);
    input.resume();
  });
}
