import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build } from './build.js';
import { DOCKERFILE, KANIKO, resolveSource } from './context.js';
import { ExecutorError } from './failure.js';
import { readFlags, usage, UsageError, type Flags } from './flags.js';
import { startLog, type Log, type LogFormat } from './log.js';
import { openRegistry, repositoryOf, type Registry } from './registry.js';

/** Does what `/kaniko/executor` does, in its order. */
async function execute(args: readonly string[]): Promise<void> {
  const flags = readFlags(args);
  const log = startLog((flags.text('log-format') ?? 'color') as LogFormat, (line) => void process.stderr.write(line));
  await checkSecrets(flags);
  const pushes = !flags.on('no-push');
  const destinations = flags.list('destination');
  if (pushes && destinations.length === 0) {
    throw new UsageError('you must provide --destination, or use --no-push');
  }
  const source = await resolveSource(flags, log);
  const registry = await openRegistry(process.env);
  if (pushes && !flags.on('skip-push-permission-check')) await checkPush(destinations, registry, log);
  let digest: string;
  try {
    digest = await build({ flags, source, registry }, log);
  } finally {
    if (flags.on('cleanup')) await deleteFilesystem(log);
  }
  await writeDigests(flags, digest);
  if (!pushes) log('info', 'Skipping push to container registry due to --no-push flag');
  else for (const destination of destinations) await push({ destination, digest, flags, registry }, log);
  if (flags.on('cleanup')) {
    for (const path of [DOCKERFILE, join(KANIKO, 'buildcontext')]) await rm(path, { recursive: true, force: true });
  }
}

async function checkSecrets(flags: Flags): Promise<void> {
  for (const secret of flags.list('secret')) {
    const path = /(?:^|,)(?:src|source)=([^,]+)/.exec(secret)?.[1];
    if (path === undefined || /(?:^|,)type=env/.test(secret)) continue;
    await access(path).catch(() => {
      throw new UsageError(`error resolving secrets: copying secret ${path}: stat ${path}: no such file or directory`);
    });
  }
}

async function checkPush(destinations: readonly string[], registry: Registry, log: Log): Promise<void> {
  for (const repository of new Set(destinations.map(repositoryOf))) {
    const destination = destinations.find((each) => repositoryOf(each) === repository)!;
    await registry.checkPush(destination).catch((error: unknown) => {
      log(
        'warning',
        'make sure you entered the correct tag name, that you are authenticated correctly, and try again.',
      );
      const why = `checking push permission for "${destination}": ${(error as Error).message}`;
      throw new ExecutorError(`error checking push permissions: ${why}`, 1);
    });
  }
}

/** Before the push, as Kaniko does it: the file says what was built, not what stands in the registry. */
async function writeDigests(flags: Flags, digest: string): Promise<void> {
  const lines = (name: (destination: string) => string) =>
    flags
      .list('destination')
      .map((destination) => `${name(destination)}@${digest}\n`)
      .join('');
  const files = {
    'digest-file': digest,
    'image-name-with-digest-file': lines(repositoryOf),
    'image-name-tag-with-digest-file': lines((destination) => destination),
  };
  for (const [flag, text] of Object.entries(files)) {
    const path = flags.text(flag);
    if (path === undefined) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

async function push(
  order: { destination: string; digest: string; flags: Flags; registry: Registry },
  log: Log,
): Promise<void> {
  const { destination, digest, flags, registry } = order;
  log('info', `Pushing image to ${destination}`);
  const retries = Number(flags.text('push-retry') ?? 0);
  for (let attempt = 0; ; attempt++) {
    try {
      await registry.tag(destination, digest);
      return log('info', `Pushed ${repositoryOf(destination)}@${digest}`);
    } catch (error) {
      const why = (error as Error).message;
      if (attempt === retries) {
        throw new ExecutorError(`error pushing image: failed to push to destination ${destination}: ${why}`, 1);
      }
      log('warning', `Retrying operation after ${2 ** attempt}s due to ${why}`);
      await delay(1000 * 2 ** attempt);
    }
  }
}

/** What `--cleanup` does to the debug image: scripts that begin with `#!/bin/sh` don't start any more. */
async function deleteFilesystem(log: Log): Promise<void> {
  log('info', 'Deleting filesystem...');
  for (const path of ['/bin', '/tmp']) await rm(path, { recursive: true, force: true });
}

/** As the first process it is asked to end by signals that it has to answer itself. */
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(2));

const [first] = process.argv.slice(2);
if (first === 'version') {
  process.stdout.write('Kaniko version :  v1.28.3-lab\n');
} else if (first === '--help' || first === '-h') {
  process.stdout.write(usage());
} else {
  execute(process.argv.slice(2)).then(
    () => process.exit(0),
    (error: unknown) => {
      if (error instanceof ExecutorError) {
        process.stderr.write(`${error.message}\n`, () => process.exit(error.exitCode));
      } else if (error instanceof UsageError) {
        process.stderr.write(`Error: ${error.message}\n${usage()}`, () => process.exit(1));
      } else {
        process.stderr.write(`${String((error as Error).stack)}\n`, () => process.exit(1));
      }
    },
  );
}
