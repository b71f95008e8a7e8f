/** One call of a package manager in a RUN instruction. */
export interface InstallCommand {
  tool: 'npm' | 'pnpm' | 'yarn';
  /**
   * `locked`: refuses to go on without a lockfile that fits · `loose`: takes what it finds · `prune`: takes
   * development dependencies out · `remove`: takes all out.
   */
  kind: 'locked' | 'loose' | 'prune' | 'remove';
  /** What is installed for development; `by-environment`: unless NODE_ENV is `production`. */
  development: 'omitted' | 'included' | 'by-environment';
  /** Another command runs in its place when it fails. */
  fallback?: string;
  /** Runs in another folder than the stage's: where that leads is not looked at. */
  elsewhere: boolean;
}

/** The calls in a command line of a shell, in order. */
export function installCommands(script: string): InstallCommand[] {
  const parts = splitCommands(script);
  let elsewhere = false;
  return parts.flatMap((part, index) => {
    if (/^\(?\s*(?:cd|pushd)\s/.test(part.text)) elsewhere = true;
    const command = readCommand(part.text);
    if (command === undefined) return [];
    const next = parts[index + 1];
    const fallback = next?.after === '||' && isInstall(readCommand(next.text)) ? next.text : undefined;
    const apart = elsewhere || /(?:^|\s)(?:--prefix|-C|--cwd|--dir)(?:[\s=]|$)/.test(part.text);
    return { ...command, elsewhere: apart, ...(fallback !== undefined && { fallback }) };
  });
}

type PlainCommand = Omit<InstallCommand, 'fallback' | 'elsewhere'>;

const isInstall = (command: PlainCommand | undefined): boolean =>
  command?.kind === 'locked' || command?.kind === 'loose';

function splitCommands(script: string): { text: string; after: string }[] {
  const pieces = script.replaceAll(/\\\r?\n/g, ' ').split(/(&&|\|\||;|\n|\|)/);
  const commands: { text: string; after: string }[] = [];
  for (let index = 0; index < pieces.length; index += 2)
    commands.push({ text: pieces[index]!.trim(), after: index === 0 ? '' : pieces[index - 1]! });
  return commands;
}

function readCommand(text: string): PlainCommand | undefined {
  if (/^rm\s+-\w*r\w*\s.*\bnode_modules\b/.test(text))
    return { tool: 'npm', kind: 'remove', development: 'omitted' };
  const [, environment = '', call = ''] =
    /^\(?\s*((?:\w+=\S*\s+)*)(?:corepack\s+)?(.*?)\)?$/s.exec(text) ?? [];
  const words = call.split(/\s+/);
  const [tool] = words;
  if (tool !== 'npm' && tool !== 'pnpm' && tool !== 'yarn') return undefined;
  const verb = words.slice(1).find((word) => !word.startsWith('-')) ?? 'install';
  const has = (pattern: RegExp) => words.some((word) => pattern.test(word));
  if (has(/^(?:-g|--global|--location=global|--version|-v|--package-lock-only|--lockfile-only)$/))
    return undefined;
  const kind = KINDS[tool](verb, has);
  if (kind === undefined) return undefined;
  return { tool, kind, development: developmentOf(call, environment, kind) };
}

type Has = (pattern: RegExp) => boolean;

const KINDS: Record<InstallCommand['tool'], (verb: string, has: Has) => InstallCommand['kind'] | undefined> =
  {
    npm: (verb) =>
      ({
        ci: 'locked' as const,
        'clean-install': 'locked' as const,
        install: 'loose' as const,
        i: 'loose' as const,
        prune: 'prune' as const,
      })[verb],
    pnpm: (verb, has) => {
      if (verb === 'prune') return 'prune';
      if (verb !== 'install' && verb !== 'i') return undefined;
      return has(/^--frozen-lockfile(?:=true)?$/) ? 'locked' : 'loose';
    },
    yarn: (verb, has) => {
      if (verb !== 'install') return undefined;
      return has(/^--(?:frozen-lockfile|immutable)$/) ? 'locked' : 'loose';
    },
  };

function developmentOf(
  call: string,
  environment: string,
  kind: InstallCommand['kind'],
): InstallCommand['development'] {
  if (/--include[= ]dev\b|--production[= ]false\b|--prod[= ]false\b/.test(call)) return 'included';
  const omits = /--omit[= ]dev\b|--only[= ]prod|--production\b|--prod\b|(?:^|\s)-P\b/.test(call);
  if (omits || /\bNODE_ENV=["']?production\b/.test(environment) || kind === 'prune' || kind === 'remove')
    return 'omitted';
  return 'by-environment';
}
