import { IntlMessageFormat } from 'intl-messageformat';
import { EN, type TextKey } from './en/index.js';
import { KO } from './ko/index.js';

export type { TextKey } from './en/index.js';

/** The languages there are; the first is for whoever reads none of them, and for the log. */
export const LOCALES = ['en', 'ko'] as const;
export type Locale = (typeof LOCALES)[number];

const CATALOGUES: Readonly<Record<Locale, Readonly<Record<TextKey, string>>>> = { en: EN, ko: KO };

/** Markup that a page made itself is a value too. */
type Value = string | number | Text | { toString(): string };

/** Something to be said in the language of whoever reads it. */
export interface Text {
  readonly key: TextKey;
  readonly values?: Readonly<Record<string, Value>>;
}

/** What a page shows: a text of ours, or words somebody else gave. */
export type Words = Text | string;

/** What a part of a text is enclosed in: given the words between its tags. */
type Tags = Readonly<Record<'b' | 'n' | 'hidden', (words: string) => string>>;

const PLAIN: Tags = { b: (words) => words, n: (words) => words, hidden: (words) => words };
const compiled = new Map<string, IntlMessageFormat>();

export function text(key: TextKey, values?: Text['values']): Text {
  return values ? { key, values } : { key };
}

/** The text of this key, if there is one. */
export function ownText(key: string): Text | undefined {
  return Object.hasOwn(EN, key) ? text(key as TextKey) : undefined;
}

/** In this language, without any markup. */
export function plainly(words: Words, locale: Locale): string {
  return typeof words === 'string' ? words : format(words, locale, PLAIN, String);
}

/** The same as HTML or the like: `tags` enclose, `escape` makes words that are not ours harmless. */
export function format(words: Text, locale: Locale, tags: Tags, escape: (value: unknown) => string): string {
  const { key, values = {} } = words;
  const given = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'number' ? value : isText(value) ? format(value, locale, tags, escape) : escape(value),
  ]);
  const enclosing = Object.entries(tags).map(([name, enclose]) => [
    name,
    (chunks: readonly unknown[]) => enclose(chunks.join('')),
  ]);
  return String(message(key, locale).format(Object.fromEntries([...given, ...enclosing]) as Record<string, string>));
}

const isText = (value: unknown): value is Text => typeof value === 'object' && value !== null && 'key' in value;

function message(key: TextKey, locale: Locale): IntlMessageFormat {
  const id = `${locale} ${key}`;
  let known = compiled.get(id);
  if (!known) compiled.set(id, (known = new IntlMessageFormat(CATALOGUES[locale][key], locale)));
  return known;
}
