import { register } from 'node:module';

/**
 * Runs the bundle's command line many times in one process, as its parent asks over IPC: the entry module and the chunk
 * of `cli.ts`, which it imports, are evaluated for each run, everything else is loaded once. A run has ended when
 * nothing of it would keep a process alive.
 */
const [, , entry] = process.argv;
// A module is evaluated again under another query.
const HOOK = `export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const run = /[?]run=\\d+$/.exec(context.parentURL ?? '')?.[0];
  return run && /[/]cli-[^/]*$/.test(found.url) ? { ...found, url: found.url + run } : found;
}`;
register(`data:text/javascript,${encodeURIComponent(HOOK)}`);
const IDLE_MS = 10;
let runs = 0;

process.on('message', (request) => void run(request));

async function run({ args, cwd, env }) {
  const before = active();
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    process[name].write = (text, ...rest) => {
      texts[name] += text;
      const done = rest.at(-1);
      if (typeof done === 'function') process.nextTick(done);
      return true;
    };
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv = [process.argv[0], entry, ...args];
  process.chdir(cwd);
  process.exitCode = undefined;
  const failed = await import(`${entry}?run=${++runs}`).then(
    () => undefined,
    (error) => error,
  );
  // A rejected top-level await is what node ends a process for.
  if (failed !== undefined) texts.stderr += failed.stack;
  while (active() > before) await new Promise((resolve) => setTimeout(resolve, IDLE_MS).unref());
  const heldKib = process.resourceUsage().maxRSS;
  process.send({ exitCode: failed === undefined ? (process.exitCode ?? 0) : 1, heldKib, ...texts });
}

/** Timers of this file are not counted: they keep nothing alive. */
function active() {
  return process.getActiveResourcesInfo().length;
}
