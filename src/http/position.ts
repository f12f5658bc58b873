import type { Position } from '../database/repositories/keyset.sql.js';
import { UUID } from './uuid.js';

const BY_TIME = new RegExp(`^(\\d{1,17}) (${UUID})$`);
/** Nothing in the name that cannot be stored. */
const BY_NAME = new RegExp(`^([^\\0\\p{Cs}]{1,300}) (${UUID})$`, 'u');
/** What calls are counted of may have no name. */
const BY_CALLS = /^(\d{1,17}) ([^\0\p{Cs}]{0,300})$/u;
const OF_SESSIONS = /^(\d{1,17}) ([0-9a-f]{64})$/;

/** Where the page before ended, as the address of the next one says. */
export const positionOf = (value: unknown) => read(BY_TIME, value);

/** The same of a list by name. */
export const positionByName = (value: unknown) => read(BY_NAME, value);

/** The same of what is listed by its calls. */
export const positionByCalls = (value: unknown) => read(BY_CALLS, value);

/** The same of sessions, whose ids are hashes. */
export const positionOfSession = (value: unknown) => read(OF_SESSIONS, value);

function read(form: RegExp, value: unknown): Position | undefined {
  const [, key, id] = (typeof value === 'string' && form.exec(value)) || [];
  return key !== undefined && id !== undefined ? { key, id } : undefined;
}

/** What an address says of where a list of its page is, while another one is turned. */
export const cursor = (name: string, at: Position | undefined): Record<string, string> =>
  at ? { [name]: `${at.key} ${at.id}` } : {};

/**
 * The address of the page after this one; undefined: there is no more. One row more than a page was asked for. `by`:
 * what it says of where this one ended, which is not `after` when the page has a second list.
 */
export function nextPage(
  here: string,
  query: Readonly<Record<string, string>>,
  found: readonly { readonly position: string; readonly id: string }[],
  size: number,
  by = 'after',
): string | undefined {
  const last = found[size - 1];
  if (found.length <= size || !last) return undefined;
  return `${here}?${new URLSearchParams({ ...query, [by]: `${last.position} ${last.id}` })}`;
}
