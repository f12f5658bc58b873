import handlebars from 'handlebars';
import { format, type Locale, LOCALES, plainly, type Text, text, type TextKey, type Words } from '../texts/text.js';
import type { Moment } from './moment.js';

const { escapeExpression, SafeString } = handlebars;
const TAGS = {
  b: (words: string) => `<strong>${words}</strong>`,
  n: (words: string) => `<bdi>${words}</bdi>`,
  hidden: (words: string) => `<span class="visually-hidden">${words}</span>`,
};
const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** Made once a language: a list shows hundreds of times, and making one costs more than all of them. */
const FORMATS = Object.fromEntries(
  LOCALES.map((locale) => [
    locale,
    {
      full: new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
        dateStyle: 'medium',
        timeStyle: 'short',
        timeZone: 'UTC',
      }),
      relative: new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }),
      number: new Intl.NumberFormat(locale),
    },
  ]),
) as Readonly<
  Record<Locale, { full: Intl.DateTimeFormat; relative: Intl.RelativeTimeFormat; number: Intl.NumberFormat }>
>;

interface Options {
  readonly hash: Record<string, string>;
  readonly data: { readonly root: { readonly locale: Locale } };
}

/** Helpers of every view. The language is the page's own. */
export const HELPERS = {
  /** A text by its key, with values by name, or a text of the model. */
  t: (what: TextKey | Text, { hash, data }: Options) => html(typeof what === 'string' ? text(what, hash) : what, data),
  /** Words of the model: a text of ours, or words somebody gave, which are made harmless. */
  words: (words: Words, { data }: Options) => (typeof words === 'string' ? words : html(words, data)),
  /** The same without markup, for a title. */
  plain: (words: Words, { data }: Options) => plainly(words, data.root.locale),
  /** A text to be a value of another. */
  text: (key: TextKey) => text(key),
  /** "1,321" */
  number: (value: number, { data }: Options) => FORMATS[data.root.locale].number.format(value),
  /** "3 hours ago", with the whole of it for machines and for a tooltip. */
  time: (moment: Moment, { data }: Options) => timeElement(moment, data.root.locale),
};

function html(words: Text, { root }: Options['data']) {
  return new SafeString(format(words, root.locale, TAGS, marked));
}

/** A value that is markup already, made by `time`, stays so. */
const marked = (value: unknown) => (value instanceof SafeString ? String(value) : escapeExpression(String(value)));

function timeElement({ at, seconds }: Moment, locale: Locale) {
  const full = FORMATS[locale].full.format(at);
  const unit = UNITS.find(([, size]) => Math.abs(seconds) >= size);
  const words = unit
    ? FORMATS[locale].relative.format(Math.ceil(seconds / unit[1]), unit[0])
    : plainly(text('time.now'), locale);
  return new SafeString(`<time datetime="${at.toISOString()}" title="${full} UTC">${escapeExpression(words)}</time>`);
}
