import { ensureDebianPackages } from '../packages.js';
import { run } from '../../src/lib/process.js';

/** Width and height in pixels, from the header. */
export function readPngSize(png: Buffer): { width: number; height: number } {
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}

/** The same picture of 256 colours at most, a quarter as large. */
export async function shrinkPng(png: Buffer): Promise<Buffer> {
  await ensureDebianPackages(['pngquant']);
  const { code, stdout, stderr } = await run('pngquant', ['--quality=60-90', '--strip', '-'], {
    env: process.env,
    input: png,
  });
  if (code !== 0) throw new Error(`pngquant: ${stderr.toString()}`);
  return stdout;
}
