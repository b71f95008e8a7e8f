import { needsQuotes, writeScalar } from '../../../src/deploy/kustomization/style.js';

describe('a value', () => {
  test.each([
    ...['0', '1', '007', '09', '010', '5621277', '20240131', '1_000', '1__0', '1_', '-1', '+1'],
    ...['0x1f', '0X1F', '0x_1f', '0b1', '0o17', '017'],
    ...['1.10', '1.', '5.', '.5', '1_.5', '08.5', '0.1e1', '1_000.5', '-1.5'],
    ...['1e3', '1E3', '12e4567', '0e0', '1e_3', '1e400', '1e+3'],
    ...['.inf', '-.Inf', '.NaN', '1:30', '190:20:30', '1:30.5'],
    ...['true', 'True', 'TRUE', 'false', 'yes', 'Yes', 'no', 'NO', 'on', 'Off', 'y', 'Y', 'n', 'N'],
    ...['~', 'null', 'Null', 'NULL', ''],
    ...['2024-01-31', '2024-1-1'],
    ...['- a', 'a: b', 'a #b', '#a', '&a', '*a', '!a', '@a', '%a', '{a', '[a', ' a', 'a ', 'a:', '---', "'a", '"a'],
  ])('%j needs quotes', (value) => {
    expect(needsQuotes(value)).toBe(true);
  });

  test.each([
    ...['v1', 'latest', '1.2.3', '1.10.0', '0.0.1', '1-2', '1.0-rc.1', '15-alpine', '0123abc', 'main-1a2b3c4'],
    ...['_1', '_1_000', '0x', '0x1g', '0b2', '0o8', '1e', '1e3a', 'e3', '1_a', 'nan', 'inf', 'yess', 'nul'],
    ...['2024-01-31-1', '2024.01.31', '1a'],
    ...[`sha256:${'1'.repeat(64)}`, `v1@sha256:${'1'.repeat(64)}`, 'localhost:5000/acme/api', 'ghcr.io/acme/api'],
  ])('%j stays plain', (value) => {
    expect(needsQuotes(value)).toBe(false);
  });
});

describe('a value is written', () => {
  test.each([
    ['v1', 'plain', 'v1'],
    ['1.10', 'plain', '"1.10"'],
    ['1.10', 'single', "'1.10'"],
    ['v1', 'double', '"v1"'],
    ["it's", 'single', "'it''s'"],
    ['a"b\\c', 'double', '"a\\"b\\\\c"'],
  ] as const)('%j in %s style as %s', (value, style, written) => {
    expect(writeScalar(value, style, 'double')).toBe(written);
  });

  test("in the quotes of the file if it can't be plain", () => {
    expect(writeScalar('010', 'plain', 'single')).toBe("'010'");
  });
});
