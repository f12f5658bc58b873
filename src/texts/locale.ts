import Negotiator from 'negotiator';
import { type Locale, LOCALES } from './text.js';

export const isLocale = (value: unknown): value is Locale => LOCALES.includes(value as Locale);

/** The language to answer in: what the person chose, else what the browser asks for (RFC 9110 §12.5.4). */
export function localeOf(chosen: unknown, acceptLanguage: string | undefined): Locale {
  if (isLocale(chosen)) return chosen;
  const asked = new Negotiator({ headers: { 'accept-language': acceptLanguage } }).language([...LOCALES]);
  return isLocale(asked) ? asked : LOCALES[0];
}
