/**
 * Dates in moment's format language, as docker/metadata-action renders `{{date 'YYYYMMDD' tz='…'}}`;
 * English names. Not supported: locale formats (`L`, `LT`), locale weeks (`w`, `g`, `e`), eras, zone names.
 * https://momentjs.com/docs/#/displaying/format/
 */
const TOKEN =
  /\[[^\]]*\]|Mo|M{1,4}|Qo?|DDDo|Do|D{1,4}|do|d{1,4}|E|Wo|W{1,2}|YYYY|YY?|GGGG|GG|[Aa]|H{1,2}|h{1,2}|k{1,2}|m{1,2}|s{1,2}|S{1,9}|ZZ?|[Xx]|[LlNywgez]+|./gs;

/** Renders `seconds` since the epoch in an IANA time zone. */
export function formatDate(seconds: number, format: string, timeZone: string): string {
  const date = dateIn(seconds, timeZone);
  return format.replace(TOKEN, (token) => render(token, date));
}

/** The first token that can't be rendered. */
export function unsupportedToken(format: string): string | undefined {
  return format.match(TOKEN)?.find((token) => /^[LlNywgez]+$/.test(token));
}

export function isTimeZone(name: string): boolean {
  // The default. Asking Intl loads its data: 20 ms of each start.
  if (name === 'UTC') return true;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

interface CivilDate {
  seconds: number;
  /** Minutes east of UTC. */
  offset: number;
  year: number;
  /** 1–12. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** 0 is Sunday. */
  weekday: number;
  dayOfYear: number;
  isoWeek: number;
  isoYear: number;
}

const DAY = 86_400_000;

function dateIn(seconds: number, timeZone: string): CivilDate {
  const parts = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', calendar: 'gregory', numberingSystem: 'latn' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  }).formatToParts(seconds * 1000);
  const part = (type: string) => Number(parts.find((entry) => entry.type === type)?.value);
  const [year, month, day] = [part('year'), part('month'), part('day')];
  const [hour, minute, second] = [part('hour'), part('minute'), part('second')];

  const midnight = Date.UTC(year, month - 1, day);
  const weekday = new Date(midnight).getUTCDay();
  // ISO 8601: a week belongs to the year of its Thursday.
  const thursday = new Date(midnight + (4 - (weekday || 7)) * DAY);
  const isoYear = thursday.getUTCFullYear();
  return {
    seconds,
    offset: Math.round((Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - seconds) / 60),
    ...{ year, month, day, hour, minute, second, weekday, isoYear },
    dayOfYear: Math.round((midnight - Date.UTC(year, 0, 1)) / DAY) + 1,
    isoWeek: Math.floor((thursday.getTime() - Date.UTC(isoYear, 0, 1)) / DAY / 7) + 1,
  };
}

const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Tokens that are numbers: doubled they have two digits (`MM`), and with `o` they are ordinals (`Do`). */
const NUMBERS: Record<string, (date: CivilDate) => number> = {
  Y: ({ year }) => year,
  Q: ({ month }) => Math.ceil(month / 3),
  M: ({ month }) => month,
  D: ({ day }) => day,
  DDD: ({ dayOfYear }) => dayOfYear,
  d: ({ weekday }) => weekday,
  E: ({ weekday }) => weekday || 7,
  W: ({ isoWeek }) => isoWeek,
  H: ({ hour }) => hour,
  h: ({ hour }) => hour % 12 || 12,
  k: ({ hour }) => hour || 24,
  m: ({ minute }) => minute,
  s: ({ second }) => second,
  X: ({ seconds }) => seconds,
  x: ({ seconds }) => seconds * 1000,
};

const TEXTS: Record<string, (date: CivilDate) => string> = {
  YYYY: ({ year }) => pad(year, 4),
  YY: ({ year }) => pad(year % 100, 2),
  GGGG: ({ isoYear }) => pad(isoYear, 4),
  GG: ({ isoYear }) => pad(isoYear % 100, 2),
  MMM: ({ month }) => MONTHS[month - 1]!.slice(0, 3),
  MMMM: ({ month }) => MONTHS[month - 1]!,
  DDDD: ({ dayOfYear }) => pad(dayOfYear, 3),
  dd: ({ weekday }) => WEEKDAYS[weekday]!.slice(0, 2),
  ddd: ({ weekday }) => WEEKDAYS[weekday]!.slice(0, 3),
  dddd: ({ weekday }) => WEEKDAYS[weekday]!,
  A: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  a: ({ hour }) => (hour < 12 ? 'am' : 'pm'),
  Z: ({ offset }) => offsetText(offset, ':'),
  ZZ: ({ offset }) => offsetText(offset, ''),
};

function render(token: string, date: CivilDate): string {
  if (token.startsWith('[') && token.endsWith(']')) return token.slice(1, -1);
  if (/^S+$/.test(token)) return '0'.repeat(token.length);
  const text = TEXTS[token] ?? NUMBERS[token];
  if (text) return String(text(date));
  const number = NUMBERS[token.replace(/o$|(?<=^(.))\1$/, '')]?.(date);
  if (number === undefined) return token;
  return token.endsWith('o') ? ordinal(number) : pad(number, 2);
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function ordinal(value: number): string {
  const teen = Math.floor((value % 100) / 10) === 1;
  return `${value}${(!teen && ['th', 'st', 'nd', 'rd'][value % 10]) || 'th'}`;
}

function offsetText(minutes: number, separator: string): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}${separator}${pad(size % 60, 2)}`;
}
