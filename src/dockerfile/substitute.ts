/** The unknown part of a value; decoded text never contains it. */
export const UNKNOWN = '\uD800';

/** @returns undefined for a variable that is not set; `UNKNOWN` if its value can't be known */
export type Lookup = (name: string) => string | undefined;

export type Substitution =
  /** `value` contains `UNKNOWN` if it depends on something unknown. */
  | { status: 'read'; value: string; used: string[] }
  /** BuildKit refuses it; a clause without full stop. */
  | { status: 'refused'; reason: string };

/** Characters: values that double from line to line would exceed any memory. */
const LONGEST = 256 * 1024;

class Refused extends Error {}

/**
 * Fills variables into a word and resolves its quotes and escapes, as BuildKit does.
 * @param escape character of the Dockerfile
 * @see https://github.com/moby/buildkit/blob/master/frontend/dockerfile/shell/lex.go
 */
export function substitute(word: string, lookup: Lookup, escape: string): Substitution {
  const reader = new WordReader(word, lookup, escape);
  try {
    const value = reader.upTo(undefined);
    if (value.length > LONGEST) return { status: 'refused', reason: `a value is longer than ${LONGEST}` };
    return { status: 'read', value, used: reader.used };
  } catch (error) {
    if (error instanceof Refused) return { status: 'refused', reason: error.message };
    throw error;
  }
}

class WordReader {
  readonly used: string[] = [];
  readonly #characters: string[];
  #at = 0;

  constructor(
    word: string,
    private readonly lookup: Lookup,
    private readonly escape: string,
  ) {
    this.#characters = [...word];
  }

  /** @param stop not part of the result; `"`: the text is in double quotes */
  upTo(stop: string | undefined): string {
    let result = '';
    for (let next = this.#take(); next !== stop; next = this.#take()) {
      if (next === undefined) throw new Refused(stop === '"' ? 'a " is not closed' : `${stop} is missing`);
      if (next === '$') result += this.#dollar();
      else if (next === "'" && stop !== '"') result += this.#single();
      else if (next === '"') result += this.upTo('"');
      else if (next === this.escape && (stop !== '"' || this.#isSpecial(this.#peek()))) result += this.#take() ?? '';
      else result += next;
    }
    return result;
  }

  /** Other characters in double quotes keep the escape before them. */
  #isSpecial = (next: string | undefined): boolean => next === undefined || ['"', '$', this.escape].includes(next);

  #peek = (): string | undefined => this.#characters[this.#at];

  #take(): string | undefined {
    const character = this.#peek();
    this.#at += 1;
    return character;
  }

  #single(): string {
    let result = '';
    for (let next = this.#take(); next !== "'"; next = this.#take()) {
      if (next === undefined) throw new Refused("a ' is not closed");
      result += next;
    }
    return result;
  }

  #dollar(): string {
    if (this.#peek() !== '{') {
      const name = this.#name();
      return name === '' ? '$' : (this.#ask(name) ?? '');
    }
    this.#at += 1;
    if (['{', '}', ':', undefined].includes(this.#peek())) throw new Refused('a substitution has no name');
    const name = this.#name();
    const sign = this.#take();
    if (sign === '}') return this.#ask(name) ?? '';
    const emptyIsUnset = sign === ':';
    const operator = emptyIsUnset ? this.#take() : sign;
    if (operator === '#' || operator === '%' || operator === '/') {
      if (emptyIsUnset) throw new Refused(`there is no substitution :${operator}`);
      return this.#withPattern(name, operator);
    }
    if (operator !== '-' && operator !== '+' && operator !== '?')
      throw new Refused(`there is no substitution ${emptyIsUnset ? ':' : ''}${operator ?? ''}`);
    const word = this.upTo('}');
    const value = this.#ask(name);
    if (value?.includes(UNKNOWN)) return UNKNOWN;
    const isSet = value !== undefined && !(emptyIsUnset && value === '');
    switch (operator) {
      case '-':
        return isSet ? value : word;
      case '+':
        return isSet ? word : '';
      case '?':
        if (!isSet) throw new Refused(`${name} is to be set`);
        return value;
    }
  }

  /** Versions read patterns differently, and they are rare: the value is not known. */
  #withPattern(name: string, operator: '#' | '%' | '/'): string {
    if (this.#peek() === operator) this.#at += 1;
    this.upTo(operator === '/' ? '/' : '}');
    if (operator === '/') this.upTo('}');
    this.#ask(name);
    return UNKNOWN;
  }

  #ask(name: string): string | undefined {
    if (!this.used.includes(name)) this.used.push(name);
    return this.lookup(name);
  }

  #name(): string {
    const rest = this.#characters.slice(this.#at).join('');
    const name = /^(?:\p{Nd}+|[@*#?$!-]|[\p{L}\p{Nd}_]+)/u.exec(rest)?.[0] ?? '';
    this.#at += [...name].length;
    return name;
  }
}
