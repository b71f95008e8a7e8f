import type { AndOr, Command, PipelineNode } from 'unbash';
import type { Call } from './shell.js';

/** Who knows what a single command prints. */
export interface Prints {
  callOf(node: Command, input: string | undefined): Call | undefined;
  answer(call: Call): string | undefined;
}

/** What commands print, for those that only compute; undefined: that is known only when they run. */
export function printedBy(
  node: PipelineNode | AndOr,
  input: string | undefined,
  prints: Prints,
): string | undefined {
  if (node.type === 'Pipeline') {
    let text = input;
    for (const command of node.commands) text = printedBy(command, text, prints);
    return text;
  }
  if (node.type === 'AndOr') {
    // `cd there && pwd`; of `this || that` the first that says something.
    let said: string | undefined;
    for (const [index, command] of node.commands.entries()) {
      if (node.operators[index - 1] === '||' && said !== undefined) break;
      said = printedBy(command, input, prints);
    }
    return said;
  }
  const call = node.type === 'Command' ? prints.callOf(node, input) : undefined;
  return call && prints.answer(call);
}
