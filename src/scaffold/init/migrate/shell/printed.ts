import type { AndOr, Command, CommandNode, CompoundList, PipelineNode } from 'unbash';
import type { Call } from './shell.js';

/** Who knows what a single command prints. */
export interface Prints {
  callOf(node: Command, input: string | undefined): Call | undefined;
  answer(call: Call): string | undefined;
  /** Runs something with the body of a function of the script, and its words; undefined: there is none of this name. */
  inFunction(call: Call, run: (body: CommandNode | CompoundList) => string | undefined): string | undefined;
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
      // `git describe --exact-match || echo latest`: what says nothing did not go well.
      if (node.operators[index - 1] === '||' && said !== undefined && said !== '') break;
      said = printedBy(command, input, prints);
    }
    return said;
  }
  const call = node.type === 'Command' ? prints.callOf(node, input) : undefined;
  return call && (prints.answer(call) ?? prints.inFunction(call, (body) => printedByBody(body, prints)));
}

/** Of a function that is one command; in a longer one only a run knows. */
function printedByBody(body: CommandNode | CompoundList, prints: Prints): string | undefined {
  const { commands } =
    body.type === 'BraceGroup' ? body.body : body.type === 'CompoundList' ? body : { commands: [] };
  const [only, ...more] = commands;
  if (only === undefined || more.length > 0) return undefined;
  const { type } = only.command;
  return type === 'Command' || type === 'Pipeline' || type === 'AndOr'
    ? printedBy(only.command, undefined, prints)
    : undefined;
}
