#!/usr/bin/env node
import * as nodeModule from 'node:module';
import { join } from 'node:path';
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

/**
 * Node 22.8 and later store compiled code for the next start. Node runs all code in that folder, so it's in the user's cache:
 * the default is the shared temporary folder.
 */
function storeCompiledCode({ XDG_CACHE_HOME: caches, HOME: home }: NodeJS.ProcessEnv): void {
  const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => void };
  const folder = caches || (home && join(home, '.cache'));
  if (folder) enableCompileCache?.(join(folder, 'image-release'));
}

// Help and version don't wait for everything else to load.
const invocation = parsed();
if (invocation?.type === 'help') {
  surviveBrokenPipes([process.stdout]);
  const { renderHelp } = await import('./cli/help.js');
  process.stdout.write(`${renderHelp(invocation.command, process.stdout.columns || 80)}\n`);
} else if (invocation?.type === 'version') process.stdout.write(`${VERSION}\n`);
else {
  storeCompiledCode(process.env);
  await import('./cli.js');
}
