import { createBench, type ContractStage } from './bench.js';
import { ancestryCases, readCases } from './reads.js';
import { lostAnswerCases, proposalCases, raceCases, refusalCases, writeCases } from './writes.js';

/**
 * What every deploy target has to be able to do.
 * @param makeStage a repository without a commit
 */
export function describeTarget(name: string, makeStage: () => Promise<ContractStage>): void {
  describe(`a deploy target, ${name},`, () => {
    const bench = createBench(makeStage);
    describe('reads', () => readCases(bench));
    describe('writes', () => writeCases(bench));
    describe('compares and sets:', () => raceCases(bench));
    describe('proposes', () => proposalCases(bench));
    describe('finds what became of a write whose answer was lost', () => lostAnswerCases(bench));
    describe('where the server takes no ledgers', () => refusalCases(bench));
    describe('compares', () => ancestryCases(bench));
  });
}
