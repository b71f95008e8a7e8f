export type Log = (level: 'info' | 'warning', message: string) => void;

/** The executor's own lines, on standard error, as logrus prints them without a terminal. */
export function startLog(format: 'text' | 'json'): Log {
  return (level, msg) => {
    const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const text = `time="${time}" level=${level} msg=${JSON.stringify(msg)}`;
    process.stderr.write(`${format === 'json' ? JSON.stringify({ level, msg, time }) : text}\n`);
  };
}
