import { createBench, type ContractStage } from './bench.js';
import { ancestryCases, readCases } from './reads.js';
import { lostAnswerCases, proposalCases, raceCases, refusalCases, writeCases } from './writes.js';

/**
 * The contract that every deploy target must meet.
 * @param makeStage creates a repository without a commit
 */
export function describeTarget(name: string, makeStage: () => Promise<ContractStage>): void {
  describe(`a deploy target (${name})`, () => {
    const bench = createBench(makeStage);
    describe('reads', () => readCases(bench));
    describe('writes', () => writeCases(bench));
    describe('in a race', () => raceCases(bench));
    describe('proposes', () => proposalCases(bench));
    describe('finds its commits', () => lostAnswerCases(bench));
    describe('if the server refuses ledgers', () => refusalCases(bench));
    describe('compares', () => ancestryCases(bench));
  });
}
