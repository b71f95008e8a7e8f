import { spawn } from 'node:child_process';
import { once } from 'node:events';
import xterm from '@xterm/headless';
import { run } from '../src/lib/process.js';

export interface TerminalOrder {
  /** Program and arguments. */
  command: readonly [string, ...string[]];
  cwd: string;
  env: NodeJS.ProcessEnv;
  columns: number;
  rows: number;
}

/** A program on a terminal of its own, and somebody who looks at the screen. */
export interface TerminalSession {
  /** What the screen shows now: a string per row, without the blanks at its end. */
  screen(): string[];
  /** The screen and what has scrolled out of it. */
  everything(): string[];
  /** All bytes that came. */
  bytes(): string;
  /** Whether one sees where the next key goes. */
  cursor(): 'shown' | 'hidden';
  /** Waits until the screen shows what is looked for. */
  until(isThere: (screen: string) => boolean): Promise<string[]>;
  type(keys: string): void;
  resize(columns: number, rows: number): Promise<void>;
  /** The exit code. */
  ended: Promise<number>;
}

const PATIENCE_MS = 45_000;

/** Starts a program under script(1), which makes the terminal; its bytes are drawn as xterm draws them. */
export function openTerminal({ command, cwd, env, columns, rows }: TerminalOrder): TerminalSession {
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 5000, allowProposedApi: true });
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  // The first line tells where the terminal is, for `stty` to change its size.
  const line = `stty cols ${columns} rows ${rows} && tty >&3 && exec ${quoted}`;
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
    cwd,
    env: { TERM: 'xterm-256color', ...env, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  let device = '';
  child.stdio[3]!.on('data', (data: Buffer) => (device += data.toString()));
  let bytes = '';
  const watchers = new Set<() => void>();
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    bytes += text;
    terminal.write(text, () => watchers.forEach((watcher) => watcher()));
  });
  const ended = once(child, 'close').then(([code]) => {
    // What is still to be drawn comes first.
    return new Promise<number>((resolve) => terminal.write('', () => resolve((code as number | null) ?? 1)));
  });

  const linesFrom = (first: number) => {
    const { active } = terminal.buffer;
    return Array.from({ length: active.length - first }, (_, at) =>
      (active.getLine(first + at)?.translateToString(true) ?? '').trimEnd(),
    );
  };
  const screen = () => linesFrom(terminal.buffer.active.baseY);
  return {
    screen,
    everything: () => linesFrom(0),
    bytes: () => bytes,
    cursor: () => (bytes.lastIndexOf('\u001b[?25l') > bytes.lastIndexOf('\u001b[?25h') ? 'hidden' : 'shown'),
    until: (isThere) =>
      new Promise((resolve, reject) => {
        const stop = () => {
          clearTimeout(timer);
          watchers.delete(look);
        };
        const look = () => {
          const lines = screen();
          if (!isThere(lines.join('\n'))) return;
          stop();
          resolve(lines);
        };
        const giveUp = () => {
          if (!watchers.has(look)) return;
          stop();
          reject(new Error(`The screen did not come to show it:\n${screen().join('\n')}`));
        };
        const timer = setTimeout(giveUp, PATIENCE_MS);
        watchers.add(look);
        look();
        void ended.then(giveUp);
      }),
    type: (keys) => void child.stdin!.write(keys),
    async resize(width, height) {
      const size = ['cols', `${width}`, 'rows', `${height}`];
      const { code, stderr } = await run('stty', ['-F', device.trim(), ...size], { env: process.env });
      if (code !== 0) throw new Error(stderr.toString());
      // After the program knows it: what it drew for a width that is no more, nobody could erase.
      terminal.resize(width, height);
    },
    ended,
  };
}
