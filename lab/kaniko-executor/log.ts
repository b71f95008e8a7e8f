export type LogFormat = 'text' | 'color' | 'json';
export type Log = (level: 'info' | 'warning', message: string) => void;

/** The executor's own lines, on standard error, as logrus prints them without a terminal. */
export function startLog(format: LogFormat, write: (line: string) => void): Log {
  const started = Date.now();
  return (level, message) => write(`${line(format, level, message, started)}\n`);
}

function line(format: LogFormat, level: string, message: string, started: number): string {
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  if (format === 'json') return JSON.stringify({ level, msg: message, time });
  if (format === 'text') return `time="${time}" level=${level} msg=${quoted(message)}`;
  const seconds = String(Math.floor((Date.now() - started) / 1000)).padStart(4, '0');
  const [color, name] = level === 'info' ? ['36', 'INFO'] : ['33', 'WARN'];
  return `\u001b[${color}m${name}\u001b[0m[${seconds}] ${message}`;
}

const quoted = (text: string): string => (/^[\w./@^+-]+$/.test(text) ? text : JSON.stringify(text));
