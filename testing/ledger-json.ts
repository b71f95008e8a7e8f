/** A ledger as the plain JSON that file and message of its commit are: the code that is tested has no say in it. */
export interface LedgerJson {
  images: Record<string, LedgerEntryJson>;
}

interface LedgerEntryJson {
  key: string;
  status: string;
  current: { tag: string; digest?: string; commit?: string; source: { commit: string; run?: number } };
  newest: { commit: string; run?: number };
  history: object[];
}

export function ledgerJson(text: string, message: string): LedgerJson {
  const ledger = JSON.parse(text) as LedgerJson;
  const [, amendments = '[]'] = /^Image-Release-Amendments: (.*)$/m.exec(message) ?? [];
  type Amendment = { images: string[]; commit?: string } & Partial<Pick<LedgerEntryJson, 'newest' | 'status'>>;
  for (const { images, commit, ...rest } of JSON.parse(amendments) as Amendment[]) {
    for (const image of images) {
      const entry = ledger.images[image]!;
      ledger.images[image] = { ...entry, ...rest, current: { ...entry.current, ...(commit && { commit }) } };
    }
  }
  return ledger;
}

/** @param git runs git in the repository that has the ledger, and returns its output */
export async function showLedger(git: (...args: string[]) => Promise<string>, channel = 'main'): Promise<LedgerJson> {
  const ref = `refs/image-release/${channel}`;
  return ledgerJson(await git('show', `${ref}:ledger.json`), await git('log', '-1', '--format=%B', ref));
}
