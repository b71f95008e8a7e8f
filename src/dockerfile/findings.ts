import type { BuildUse, ContextReads, CopySource, Doubt } from './dockerfile.js';

/** Gathers what the stages of a target use, over all platforms, each thing once. */
export class Findings {
  readonly stages = new Set<number>();
  readonly declaredArgs = new Set<string>();
  /** Arguments before the first FROM that matter, by name. */
  readonly globalArgs = new Set<string>();
  readonly builtOn = new Set<string>();
  readonly #images = new Map<string, BuildUse['images'][number]>();
  readonly #reads = new Map<string, ContextReads>();
  readonly #unpinned = new Map<string, Doubt>();

  image(reference: string, line: number): void {
    if (!this.#images.has(`${line} ${reference}`))
      this.#images.set(`${line} ${reference}`, { reference, line });
  }

  unpinned(reason: string, line: number): void {
    this.#unpinned.set(`${line} ${reason}`, { reason, line });
  }

  /** @param context name; `''` is the main one @param reason a clause without full stop */
  readsAll(context: string, reason: string): void {
    if (this.#reads.get(context)?.status !== 'all') this.#reads.set(context, { status: 'all', reason });
  }

  reads(context: string, sources: readonly CopySource[]): void {
    const before = this.#reads.get(context);
    if (before?.status === 'all' || sources.length === 0) return;
    const all = [...(before?.sources ?? []), ...sources];
    const distinct = new Map(all.map((source) => [JSON.stringify(source), source]));
    this.#reads.set(context, { status: 'some', sources: [...distinct.values()] });
  }

  summary(): Omit<BuildUse, 'leaves' | 'globalArgs'> {
    return {
      stages: [...this.stages].sort((one, other) => one - other),
      reads: Object.fromEntries(this.#reads),
      images: [...this.#images.values()],
      builtOn: [...this.builtOn].sort(),
      declaredArgs: [...this.declaredArgs].sort(),
      unpinned: [...this.#unpinned.values()],
    };
  }
}
