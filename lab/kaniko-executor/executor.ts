import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from './build.js';
import { DOCKERFILE, KANIKO, resolveSource } from './context.js';
import { ExecutorError } from './failure.js';
import { readFlags, usage, UsageError, type Flags } from './flags.js';
import { startLog, type Log } from './log.js';
import { openRegistry, repositoryOf, type Registry } from './registry.js';

/** Does what `/kaniko/executor` does, in its order. */
async function execute(args: readonly string[]): Promise<void> {
  const flags = readFlags(args);
  const log = startLog(flags.text('log-format') === 'json' ? 'json' : 'text');
  await checkSecrets(flags);
  const pushes = !flags.on('no-push');
  const destinations = flags.list('destination');
  if (pushes && destinations.length === 0) {
    throw new UsageError('you must provide --destination, or use --no-push');
  }
  const source = await resolveSource(flags, log);
  const registry = await openRegistry(process.env);
  if (pushes) await checkPush(destinations, registry, log);
  let digest: string;
  try {
    digest = await build({ flags, source, registry }, log);
  } finally {
    if (flags.on('cleanup')) await deleteFilesystem(log);
  }
  // Before the push, as Kaniko does it: the file says what was built, not what stands in the registry.
  const file = flags.text('digest-file');
  if (file !== undefined) await writeFile(file, digest);
  if (!pushes) log('info', 'Skipping push to container registry due to --no-push flag');
  else for (const destination of destinations) await push({ destination, digest, registry }, log);
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

async function push(order: { destination: string; digest: string; registry: Registry }, log: Log): Promise<void> {
  const { destination, digest, registry } = order;
  log('info', `Pushing image to ${destination}`);
  await registry.tag(destination, digest).catch((error: unknown) => {
    const why = (error as Error).message;
    throw new ExecutorError(`error pushing image: failed to push to destination ${destination}: ${why}`, 1);
  });
  log('info', `Pushed ${repositoryOf(destination)}@${digest}`);
}

/** What `--cleanup` does to the debug image: scripts that begin with `#!/bin/sh` don't start any more. */
async function deleteFilesystem(log: Log): Promise<void> {
  log('info', 'Deleting filesystem...');
  for (const path of ['/bin', '/tmp']) await rm(path, { recursive: true, force: true });
}

/** As the first process it is asked to end by signals that it has to answer itself. */
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(2));

execute(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    const isUsage = error instanceof UsageError;
    const text = isUsage ? `Error: ${error.message}\n${usage()}` : `${(error as Error).message}\n`;
    process.stderr.write(text, () => process.exit(error instanceof ExecutorError ? error.exitCode : 1));
  },
);
