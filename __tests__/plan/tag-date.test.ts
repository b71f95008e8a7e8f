import { formatDate } from '../../src/plan/tag-date.js';

/** Friday, 10 January 2020, 00:30:00 UTC, the time in the examples of docker/metadata-action. */
const INSTANT = 1_578_616_200;

test.each<[string, string, string]>([
  ['YYYYMMDD', 'UTC', '20200110'],
  ['YYYYMMDD-HHmmss', 'Asia/Tokyo', '20200110-093000'],
  ['YYYYMMDD-HHmmss', 'America/New_York', '20200109-193000'],
  ['dddd, MMMM Do YYYY, h:mm:ss a', 'UTC', 'Friday, January 10th 2020, 12:30:00 am'],
  ['YY.M.D k Q Qo', 'UTC', '20.1.10 24 1 1st'],
  ['YYYY.DDDD DDD', 'UTC', '2020.010 10'],
  ['GGGG-[W]WW-E', 'UTC', '2020-W02-5'],
  ['ddd dd d do', 'UTC', 'Fri Fr 5 5th'],
  ['MMM Mo hh A SSS', 'Asia/Kolkata', 'Jan 1st 06 AM 000'],
  ['Z ZZ X x', 'America/New_York', '-05:00 -0500 1578616200 1578616200000'],
  ['[v]YYYY[.D]', 'UTC', 'v2020.D'],
])('formats %s in %s as %s', (format, zone, expected) => {
  expect(formatDate(INSTANT, format, zone)).toBe(expected);
});

test.each<[string, string]>([
  ['2021-01-03T12:00:00Z', '2020-W53-7'],
  ['2024-12-30T12:00:00Z', '2025-W01-1'],
])('the ISO week of %s is %s', (instant, expected) => {
  expect(formatDate(Date.parse(instant) / 1000, 'GGGG-[W]WW-E', 'UTC')).toBe(expected);
});

test.each<[number, string]>([
  [1, '1st'],
  [2, '2nd'],
  [3, '3rd'],
  [4, '4th'],
  [11, '11th'],
  [12, '12th'],
  [13, '13th'],
  [21, '21st'],
])('day %d is %s', (day, expected) => {
  expect(formatDate(Date.UTC(2024, 0, day) / 1000, 'Do', 'UTC')).toBe(expected);
});
