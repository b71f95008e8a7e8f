import { colorStyle, plainStyle, type Style } from '../report/terminal.js';
import { usageError } from './usage.js';

export interface StyleOptions {
  /** Of `--color`; undefined: auto. */
  color?: string;
  verbose?: boolean;
}

/**
 * The style for a stream. `--color` wins over NO_COLOR (https://no-color.org), which wins over FORCE_COLOR
 * (https://force-color.org).
 */
export async function styleOf(
  stream: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv,
  { color = 'auto', verbose = false }: StyleOptions = {},
): Promise<Style> {
  const hasColor =
    color === 'always' || (color === 'auto' && !env['NO_COLOR'] && (isForced(env) || Boolean(stream.isTTY)));
  const style: Style = {
    ...(hasColor ? colorStyle : plainStyle),
    warnings: verbose ? 'full' : 'folded',
  };
  if (!stream.isTTY) return style;
  const { fitTo } = await import('./fit-lines.js');
  return { ...style, fit: fitTo(stream.columns || 80) };
}

/** @throws ReleaseError `usage/invalid` */
export function checkColor(color: string | undefined): void {
  if (color === undefined || ['auto', 'always', 'never'].includes(color)) return;
  const message = `Expected \`--color\` auto, always, or never, got \`${color}\`.`;
  throw usageError(message, 'Use `--color never` to turn colors off.');
}

const isForced = ({ FORCE_COLOR: forced }: NodeJS.ProcessEnv) =>
  Boolean(forced) && forced !== '0' && forced !== 'false';
