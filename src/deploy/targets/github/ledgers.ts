import type { FailureKind } from '../../../github/failures.js';
import type { GitHubRepository } from '../../../github/requests.js';
import { LEDGER_FILE, LEDGER_PLACES, ledgerRef, type LedgerReading } from '../../ledger/ledger.js';
import type { ReadOptions } from '../../target.js';
import { onFailure } from './failed-request.js';
import { queryBlobs, readTree, textOf } from './files.js';
import { readCommit, readRef } from './history.js';

/** A ledger that the token may not see counts as absent: the write reports it. */
const ABSENT: readonly FailureKind[] = ['missing', 'permission-denied', 'repository-empty'];

/** Reads the refs of ledgers concurrently, their texts in one request. @throws RequestFailed */
export async function readLedgers(
  repository: GitHubRepository,
  channels: readonly string[],
  options: ReadOptions,
): Promise<LedgerReading[]> {
  const found = await Promise.all(
    channels.map(async (channel): Promise<LedgerReading> => {
      for (const place of LEDGER_PLACES) {
        const ref = ledgerRef(place, channel);
        const oid = await readIfAllowed(repository, ref, options);
        if (oid !== undefined) return { channel, ref, oid };
      }
      return { channel };
    }),
  );
  const oids = found.flatMap(({ oid }) => oid ?? []);
  if (oids.length === 0) return found;
  const fields = oids.map(
    (oid, index) => `c${index}: object(expression: "${oid}:${LEDGER_FILE}") { ... on Blob { oid text } }`,
  );
  const answers = await queryBlobs(repository, fields, options);
  return Promise.all(
    found.map(async (reading) => {
      const { oid } = reading;
      if (oid === undefined) return reading;
      const blob = answers[`c${oids.indexOf(oid)}`];
      const text = (blob && textOf(blob)) ?? (await readByRest(repository, oid, options));
      return text === undefined ? reading : { ...reading, text };
    }),
  );
}

const readIfAllowed = (...args: Parameters<typeof readRef>) =>
  onFailure(readRef(...args), (failed) => {
    if (ABSENT.includes(failed.kind)) return undefined;
    throw failed;
  });

/** Byte for byte: for texts that GraphQL truncates or doesn't return. */
async function readByRest(repository: GitHubRepository, commit: string, options: ReadOptions) {
  const { tree } = await readCommit(repository, commit, options);
  const file = (await readTree(repository, tree, options).readAll([LEDGER_FILE])).get(LEDGER_FILE);
  return file && Buffer.from(file.bytes).toString('utf8');
}
