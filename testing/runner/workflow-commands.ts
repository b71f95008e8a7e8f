/** An annotation as the run's page shows it. */
export interface Annotation {
  level: 'error' | 'warning' | 'notice';
  message: string;
  file?: string;
  line?: number;
  column?: number;
  endLine?: number;
  endColumn?: number;
  title?: string;
}

/** Reads a step's output line by line as the runner does: commands are obeyed, the rest is the log. */
export class StepLog {
  readonly annotations: Annotation[] = [];
  readonly masks: string[] = [];
  readonly debug: string[] = [];
  /** What the run's page shows: masked, commands in the page's form. */
  readonly lines: string[] = [];
  #stopToken: string | undefined;

  constructor(secrets: readonly string[]) {
    for (const secret of secrets) this.#mask(secret);
  }

  /** @returns the line as the page shows it; undefined when it shows none */
  read(line: string): string | undefined {
    const shown = this.#obey(line);
    if (shown === undefined) return undefined;
    const masked = this.hide(shown);
    this.lines.push(masked);
    return masked;
  }

  /** Replaces all masked values, also in the encodings that the runner looks for. */
  hide(text: string): string {
    return this.#needles().reduce((result, needle) => result.replaceAll(needle, '***'), text);
  }

  containsMasked(text: string): boolean {
    return this.#needles().some((needle) => text.includes(needle));
  }

  // Encodings of the runner's SecretMasker: plain, base64, URI-escaped, JSON-escaped.
  #needles(): string[] {
    return this.masks
      .flatMap((mask) => [
        mask,
        Buffer.from(mask).toString('base64'),
        encodeURIComponent(mask),
        JSON.stringify(mask).slice(1, -1),
      ])
      .sort((a, b) => b.length - a.length);
  }

  #mask(value: string): void {
    if (value.trim() === '') return;
    this.masks.push(value);
    for (const line of value.split(/\r?\n/)) {
      if (line.trim() !== '' && line !== value) this.masks.push(line);
    }
  }

  #obey(line: string): string | undefined {
    const command = parseCommand(line);
    if (this.#stopToken !== undefined) {
      if (command?.name !== this.#stopToken) return line;
      this.#stopToken = undefined;
      return undefined;
    }
    if (command === undefined) return line;
    const { name, properties, message } = command;
    switch (name) {
      case 'add-mask':
        this.#mask(message);
        return undefined;
      case 'debug':
        this.debug.push(message);
        return undefined;
      case 'error':
      case 'warning':
      case 'notice':
        this.annotations.push(annotationOf(name, properties, this.hide(message)));
        return `##[${name}]${message}`;
      case 'group':
        return `##[group]${message}`;
      case 'endgroup':
        return '##[endgroup]';
      case 'stop-commands':
        this.#stopToken = message;
        return undefined;
      case 'add-matcher':
      case 'remove-matcher':
      case 'echo':
        return undefined;
      default:
        return line;
    }
  }
}

interface Command {
  name: string;
  properties: Record<string, string>;
  message: string;
}

function parseCommand(line: string): Command | undefined {
  const [, name = '', list = '', message = ''] = /^\s*::([\w-]+)(?: ([^\n]*?))?::(.*)$/.exec(line) ?? [];
  if (name === '') return undefined;
  const properties: Record<string, string> = {};
  for (const pair of list.split(',')) {
    const equals = pair.indexOf('=');
    if (equals > 0) properties[pair.slice(0, equals).trim()] = unescapeProperty(pair.slice(equals + 1));
  }
  return { name, properties, message: unescapeData(message) };
}

function annotationOf(level: Annotation['level'], properties: Record<string, string>, message: string): Annotation {
  const number = (name: string) => (properties[name] === undefined ? undefined : Number(properties[name]));
  const all: Annotation = {
    level,
    message,
    file: properties.file,
    line: number('line'),
    column: number('col'),
    endLine: number('endLine'),
    endColumn: number('endColumn'),
    title: properties.title,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as Annotation;
}

function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
  return text
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%25', '%');
}
