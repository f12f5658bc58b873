import type { Position } from '../database/repositories/keyset.sql.js';
import { fieldOf } from './field.js';

const POSITION = /^(\d{1,17}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Where the page before ended, as the address of the next one says. */
export function positionOf(value: unknown): Position | undefined {
  const [, key, id] = POSITION.exec(fieldOf(value)) ?? [];
  return key !== undefined && id !== undefined ? { key, id } : undefined;
}

/**
 * The address of the page after this one; undefined: there is no more. One row more than a page was asked for. `by`: what it says of where
 * this one ended, which is not `after` when the page has a second list.
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
