import { ownText, text, type Words } from '../texts/text.js';

/** A word of the log in the language of whoever reads it; undefined for what is no word of ours. */
type Vocabulary = (word: string) => Words | undefined;

const within =
  (texts: string): Vocabulary =>
  (word) =>
    ownText(`${texts}.${word}`);
const requirement: Vocabulary = (word) =>
  word === 'required' ? text('required.on') : word === 'optional' ? text('required.off') : undefined;

/**
 * By the member of an event's detail; of one thing that changed, by the act. Anything else may be what somebody called
 * it.
 */
const VOCABULARIES = new Map([
  ['because', within('ended')],
  ['people', within('people')],
  ['role', within('role')],
  ['member.removed', within('role')],
  ['member.role_changed', within('role')],
  ['organization.second_factor_optional', requirement],
  ['organization.second_factor_required', requirement],
  ['policy.changed', within('verdict')],
]);

export function wordsOf(name: string, value: unknown): Words {
  const word = inWords(value);
  return VOCABULARIES.get(name)?.(word) ?? word;
}

export const labelOf = (name: string): Words => ownText(`audit.detail.${name}`) ?? name;

/** Cut, if somebody else gave them. */
export const shortened = (words: Words, length: number): Words =>
  typeof words === 'string' ? words.slice(0, length) : words;

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const inWords = (value: unknown): string =>
  value === undefined || value === null
    ? '–'
    : isObject(value)
      ? JSON.stringify(value)
      : [value].flat().join(' ') || '–';
