#!/usr/bin/env node
import { parseArguments, type Invocation } from './cli/arguments.js';
import { surviveBrokenPipes } from './lib/broken-pipe.js';
import { VERSION } from './version.js';

/** Undefined: the command line can't be parsed, which cli.ts explains. */
function parsed(): Invocation | undefined {
  try {
    return parseArguments(process.argv.slice(2));
  } catch {
    return undefined;
  }
}

// Help and version don't wait for everything else to load.
const invocation = parsed();
if (invocation?.type === 'help') {
  surviveBrokenPipes([process.stdout]);
  const { renderHelp } = await import('./cli/help.js');
  process.stdout.write(`${renderHelp(invocation.command, process.stdout.columns || 80)}\n`);
} else if (invocation?.type === 'version') process.stdout.write(`${VERSION}\n`);
else await import('./cli.js');
