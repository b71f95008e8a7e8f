import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the kernel runs besides its own programs. */
export type EmulationFacts =
  | { status: 'unknown' }
  | { status: 'known'; /** `linux/arm64`, … */ platforms: string[] };

const FOLDER = '/proc/sys/fs/binfmt_misc';

/** Platforms by the names that QEMU's packages give their handlers. */
const PLATFORMS: Record<string, string> = {
  aarch64: 'linux/arm64',
  arm: 'linux/arm/v7',
  i386: 'linux/386',
  loongarch64: 'linux/loong64',
  mips64el: 'linux/mips64le',
  ppc64le: 'linux/ppc64le',
  riscv64: 'linux/riscv64',
  s390x: 'linux/s390x',
  x86_64: 'linux/amd64',
};

/** Reads which handlers are registered. They hold for every container of this machine, whoever set them up. */
export function probeEmulation(folder = FOLDER): EmulationFacts {
  try {
    const handlers = readdirSync(folder).filter((name) => name.startsWith('qemu-'));
    const enabled = handlers.filter((name) => readFileSync(join(folder, name), 'utf8').startsWith('enabled'));
    const platforms = enabled.flatMap((name) => PLATFORMS[name.slice('qemu-'.length)] ?? []);
    return { status: 'known', platforms: platforms.sort() };
  } catch {
    return { status: 'unknown' };
  }
}
